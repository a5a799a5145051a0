"""Raw rows made by hand, as landing would have written them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

Line = tuple[str, int, str]
"""SKU, pieces, price of a piece."""


def put(db: psycopg.Connection, table: str, **columns: Any) -> None:
    """One row of a raw table."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    statement = sql.SQL("insert into raw.{} ({}) values ({})").format(sql.Identifier(table), names, values)
    db.execute(statement, list(columns.values()))


def landed(at: datetime) -> dict[str, Any]:
    """What landing adds to the row of a record."""
    return {"_received_at": at, "_loaded_at": at, "_file_id": 1, "_digest": "d"}


def shops(db: psycopg.Connection) -> None:
    for channel, shop, kind, currency, zone in (
        ("taobao", "flagship", "marketplace", "CNY", "Asia/Shanghai"),
        ("shopify", "main", "own_shop", "USD", "America/Los_Angeles"),
        ("odoo", "erp", "erp", "CNY", "Asia/Shanghai"),
    ):
        put(db, "shops", channel=channel, shop=shop, name=shop, kind=kind, currency=currency, timezone=zone, base_currency="CNY")


def trade(
    db: psycopg.Connection,
    tid: str,
    lines: list[Line],
    at: datetime,
    *,
    created: str = "2026-03-01 10:00:00",
    status: str = "TRADE_FINISHED",
    postage: str = "0",
    buyer: str = "buyer",
) -> None:
    """A Taobao trade as it is now: what was landed of it before is replaced."""
    db.execute("delete from raw.taobao_trades where tid = %s", [tid])
    db.execute("delete from raw.taobao_trades__orders where _parent_tid = %s", [tid])
    sent = created if status == "TRADE_FINISHED" else None
    total = sum((pieces * Decimal(price) for _, pieces, price in lines), Decimal(postage))
    put(
        db, "taobao_trades", shop="flagship", tid=tid, status=status, created=created, modified=created, pay_time=created,
        consign_time=sent, payment=total, total_fee=total, post_fee=Decimal(postage), buyer_open_uid=buyer, **landed(at),
    )  # fmt: skip
    for position, (sku, pieces, price) in enumerate(lines):
        put(
            db, "taobao_trades__orders", shop="flagship", _parent_tid=tid, _position=position, oid=f"{tid}-{position}",
            status=status, num=pieces, price=Decimal(price), title=sku, num_iid=sku, outer_iid=sku,
            consign_time=sent,
        )  # fmt: skip


def refund(db: psycopg.Connection, tid: str, line: int, amount: str, at: datetime) -> None:
    """A refund that Taobao paid back, landed apart from its trade."""
    put(
        db, "taobao_refunds", shop="flagship", refund_id=f"r{tid}", tid=tid, oid=f"{tid}-{line}", status="SUCCESS",
        created="2026-03-20 10:00:00", modified="2026-03-20 10:00:00", refund_fee=Decimal(amount), has_good_return=True,
        **landed(at),
    )  # fmt: skip


def erp(db: psycopg.Connection, at: datetime) -> None:
    """Two facilities, articles A and B (list price 10 and 30) and the bundle SET of two A and one B."""
    for number, (code, sequence) in enumerate((("WH-2", 2), ("WH-1", 1))):
        put(db, "odoo_warehouses", shop="erp", id=str(number), name=code, code=code, sequence=sequence, **landed(at))
    for sku, price, cost in (("A", 10, 4), ("B", 30, 12), ("SET", 45, 20)):
        template = {"product_tmpl_id_id": sku, "product_tmpl_id_name": sku}
        put(
            db, "odoo_templates", shop="erp", id=sku, name=sku, list_price=price, currency_id_name="CNY", active=True,
            write_date=at, categ_id_name="All", **landed(at),
        )  # fmt: skip
        put(
            db, "odoo_products", shop="erp", id=sku, display_name=sku, active=True, standard_price=cost, price_extra=0,
            weight=1, write_date=at, default_code=sku, **template, **landed(at),
        )  # fmt: skip
    put(db, "odoo_boms", shop="erp", id="1", product_tmpl_id_id="SET", product_qty=1, sequence=1, **landed(at))
    for number, (sku, pieces) in enumerate((("A", 2), ("B", 1))):
        put(db, "odoo_bom_lines", shop="erp", id=str(number), bom_id_id="1", product_id_id=sku, product_qty=pieces, **landed(at))


def shopify_order(db: psycopg.Connection, number: str, at: datetime, *, processed_at: str | None, **columns: Any) -> None:
    """A Shopify order of one line, two pieces of A for 10.05 USD each."""
    order: dict[str, Any] = {
        "name": f"#{number}",
        "created_at": processed_at,
        "updated_at": processed_at,
        "processed_at": processed_at,
        "test": False,
        "currency_code": "USD",
        "taxes_included": True,
        "tags": "[]",
        "display_fulfillment_status": "UNFULFILLED",
        "display_financial_status": "PAID",
        "return_status": "NO_RETURN",
        "total_price_set_shop_money_amount": Decimal("20.10"),
        "total_shipping_price_set_shop_money_amount": 0,
        "total_refunded_set_shop_money_amount": 0,
    }
    put(db, "shopify_orders", shop="main", id=number, legacy_resource_id=number, **(order | columns), **landed(at))
    put(
        db, "shopify_orders__line_items", shop="main", _parent_legacy_resource_id=number, _position=0,
        id=f"gid://shopify/LineItem/{number}1", title="A", quantity=2, current_quantity=2, is_gift_card=False,
        original_unit_price_set_shop_money_amount=Decimal("10.05"), original_unit_price_set_shop_money_currency_code="USD",
        sku="A",
    )  # fmt: skip
