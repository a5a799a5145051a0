"""Purchase orders as Odoo's landing leaves them: raw rows under the real views."""

from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from tests.warehouse.raw import landed, put

LANDED = datetime.fromisoformat("2026-03-31T00:00:00+00:00")


def articles(db: psycopg.Connection, *skus: str) -> None:
    for sku in skus:
        put(
            db, "odoo_products", shop="erp", id=sku, display_name=sku, active=True, standard_price=4, price_extra=0, weight=1,
            write_date=LANDED, default_code=sku, product_tmpl_id_id=sku, product_tmpl_id_name=sku, **landed(LANDED),
        )  # fmt: skip
    put(db, "odoo_warehouses", shop="erp", id="1", name="SH", code="SH", sequence=1, **landed(LANDED))
    put(db, "odoo_operation_types", shop="erp", id="1", warehouse_id_id="1", **landed(LANDED))


def purchase(
    db: psycopg.Connection,
    number: int,
    supplier: str,
    ordered: datetime,
    promised: float,
    lines: list[tuple[str, int, int, float | None]],
    state: str = "purchase",
) -> None:
    """Promised in so many days; lines of (SKU, pieces, pieces that came, days after which they did)."""
    ids = [number * 100 + at for at in range(len(lines))]
    put(
        db, "odoo_purchase_orders", shop="erp", id=str(number), name=f"P{number}", state=state, partner_id_id=supplier,
        partner_id_name=f"{supplier} Ltd", currency_id_name="CNY", date_order=ordered, date_approve=ordered,
        date_planned=ordered + timedelta(days=promised), picking_type_id_id="1", order_line=Jsonb(ids), write_date=ordered,
        **landed(LANDED),
    )  # fmt: skip
    for line, (sku, pieces, came, days) in zip(ids, lines, strict=True):
        put(
            db, "odoo_purchase_order_lines", shop="erp", id=str(line), order_id_id=str(number), product_id_id=sku,
            product_qty=pieces, product_uom_qty=pieces, qty_received=came, price_unit=4,
            date_planned=ordered + timedelta(days=promised), write_date=ordered, **landed(LANDED),
        )  # fmt: skip
        if days is not None:
            put(
                db, "odoo_receipts", shop="erp", id=str(line), purchase_line_id_id=str(line), product_qty=came, state="done",
                date=ordered + timedelta(days=days), **landed(LANDED),
            )  # fmt: skip
