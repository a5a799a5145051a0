"""What a real Medusa 2.21.2 answered keeps our contract, and is the same money and pieces in the one order model."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.medusa.connector import CONNECTOR
from sluice.landing.land import land
from tests.channels.medusa.shop import FIXTURES, ORDERS, connection, recorded


def test_without_being_asked_for_an_order_has_no_currency() -> None:
    """Why every name in `fields` has a sign, and the currency is among them."""
    (order,) = msgspec.json.decode((FIXTURES / "orders_default_fields.json").read_bytes())["orders"]
    assert "currency_code" not in order
    with pytest.raises(msgspec.ValidationError, match="currency_code"):
        msgspec.convert(order, ORDERS.record, strict=False)


@pytest.fixture
def landed(every_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    with warehouse.connect(every_url) as db, recorded() as url:
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('medusa', 'main', 'Medusa', 'own_shop', 'USD', 'UTC', 'CNY')"
        )
        db.commit()
        counts = [land(db, CONNECTOR, connection(url), stream) for stream in CONNECTOR.streams]
        assert [one.quarantined for one in counts] == [0, 0, 0, 0]
        assert [one.new for one in counts] == [4, 3, 3, 2]
        yield db


def rows(db: psycopg.Connection, columns: str, table: str, order: str = "1") -> list[tuple[Any, ...]]:
    return db.execute(f"select {columns} from unified.{table} where channel = 'medusa' order by {order}").fetchall()  # type: ignore[arg-type]


def test_recorded_answers_land_as_the_same_money_and_pieces(landed: psycopg.Connection) -> None:
    found = {
        row[0]: row[1:]
        for row in rows(
            landed,
            "order_number, currency, total_amount, adjustment_amount, refunded_amount,"
            " order_status, payment_status, fulfilment_status",
            "orders",
        )
    }
    # what the server's own summaries say: a refund and a return have lowered every other total
    assert found["6"] == ("USD", Decimal("71.467"), 0, Decimal("23.82"), "open", "partially_refunded", "partially_shipped")
    assert found["9"] == ("EUR", Decimal("53.5262"), 0, Decimal("23.7881"), "completed", "partially_refunded", "delivered")
    assert found["3"] == ("JPY", Decimal("14509"), 0, 0, "cancelled", "voided", "unfulfilled")
    assert {row[1] for row in rows(landed, "order_number, adjustment_amount", "orders")} == {0}
    pieces = rows(landed, "sum(quantity), sum(shipped_quantity), sum(refunded_quantity), sum(cancelled_quantity)", "order_lines")
    recorded_items = [
        (order, item)
        for order in msgspec.json.decode((FIXTURES / "orders.json").read_bytes())["orders"]
        for item in order["items"]
    ]
    assert pieces == [
        (
            sum(item["quantity"] for _, item in recorded_items),
            sum(item["detail"]["shipped_quantity"] for _, item in recorded_items),
            1,
            sum(item["quantity"] for order, item in recorded_items if order["status"] == "canceled"),
        )
    ]
    assert {row[0] for row in rows(landed, "status", "payments")} <= {"paid", "voided", "authorized"}
    assert rows(landed, "amount, reason", "refunds", "2") == [(Decimal("23.82"), "damaged"), (Decimal("23.7881"), "return")]
    parcels = rows(landed, "tracking_number, facility_id, status", "shipments")
    assert ("TRK5", "shipped") in {(number, status) for number, _, status in parcels}
    assert all(facility for _, facility, _ in parcels)
    prices = rows(landed, "sku, price, currency, weight_g, stock_ref is not null, status", "products")
    assert prices[0] == ("SKU-000-S", Decimal("11.49"), "USD", 400, True, "active")
    assert rows(landed, "name", "customers")[0][0]
