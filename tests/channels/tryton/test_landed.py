"""What a running server answered, landed before and after its company went on, and read through the unified views."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.protocol import Connection, Cursor, Page, Stream
from sluice.channels.tryton.connector import CONNECTOR
from sluice.landing.land import Landed, land
from tests.channels.tryton.server import connection
from tests.conftest import DBT, copy_of

FIXTURES = Path(__file__).parents[2] / "fixtures/tryton"
DAY = date(2026, 11, 23)


class Recorded:
    """A channel that gives the recorded pages."""

    def __init__(self, pages: dict[str, list[dict[str, Any]]]) -> None:
        self.recorded = pages

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        told = self.recorded.get(stream.name, [])
        for number, page in enumerate(told, 1):
            yield Page(json.dumps(page["body"]).encode(), context=page["context"], complete=number == len(told))


def land_recorded(db: psycopg.Connection, name: str, *only: str) -> dict[str, Landed]:
    """Land what the recording has of the streams, all where none is named."""
    channel: Any = Recorded(json.loads((FIXTURES / f"{name}.json").read_text()))

    def connect(connection: Connection) -> Any:
        return channel

    connector = replace(CONNECTOR, open=connect)
    return {
        stream.name: land(db, connector, connection(""), stream)
        for stream in CONNECTOR.streams
        if not only or stream.name in only
    }


Rows = dict[str, list[tuple[Any, ...]]]
QUERIES = {
    "products": "select sku, title, price, cost, currency, status from unified.products order by sku",
    "facilities": "select facility_id, name, kind, priority from unified.facilities order by priority",
    "stock": "select facility_id, sku, on_hand, reserved from unified.stock order by sku",
    "purchases": "select sku, facility_id, supplier, quantity, received_quantity, status, unit_cost, currency,"
    " (ordered_at at time zone 'Asia/Shanghai')::date, (received_at at time zone 'Asia/Shanghai')::date"
    " from unified.purchase_order_lines order by sku",
}


@pytest.fixture(scope="module")
def told(
    postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Rows, Rows, list[dict[str, Landed]], str]]:
    """The warehouse before and after, what was landed, and dbt's own checks."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(postgres, every_template, DBT) as address,
        warehouse.connect(address) as db,
    ):
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("recorded")))
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('tryton', 'erp', 'ERP', 'erp', 'USD', 'Asia/Shanghai', 'USD')"
        )
        db.commit()
        runs, views = [], []
        for name in ("found", "goes-on"):
            runs.append(land_recorded(db, name))
            views.append({view: db.execute(query).fetchall() for view, query in QUERIES.items()})
            db.rollback()
        for name in ("sold", "sells-on"):
            land_recorded(db, name, "sales")
        report = dbt.run(address, ["build", "--select", "path:models/staging/tryton"])
        yield views[0], views[1], runs, report


def test_every_record_keeps_the_contract(told: tuple[Rows, Rows, list[dict[str, Landed]], str]) -> None:
    assert all(landed.quarantined == 0 for run in told[2] for landed in run.values())
    assert {name for name, landed in told[2][0].items() if landed.new == 0} == {"categories", "sales"}


def test_the_checks_of_the_staging_models_pass(told: tuple[Rows, Rows, list[dict[str, Landed]], str]) -> None:
    assert "ERROR=0" in told[3]
    assert "WARN=0" in told[3]


def test_goods_have_their_prices_and_costs(told: tuple[Rows, Rows, list[dict[str, Landed]], str]) -> None:
    before, after, _, _ = told
    lamp, mug = ("LAMP", "Lamp", Decimal("20.00"), Decimal("9.50"), "USD", "active"), ("MUG", "Mug")
    others = [
        ("RUG", "Rug", Decimal("80.00"), Decimal("31.00"), "USD", "active"),
        ("VASE", "Vase", Decimal("15.00"), Decimal("4.25"), "USD", "active"),
    ]
    assert before["products"] == [lamp, (*mug, Decimal("8.00"), Decimal("2.00"), "USD", "active"), *others]
    assert after["products"] == [
        (*lamp[:2], Decimal("21.00"), *lamp[3:]),
        (*mug, Decimal("8.00"), Decimal("2.10"), "USD", "inactive"),
        *others,
    ]


def test_stock_is_counted_by_warehouse_with_what_is_held(told: tuple[Rows, Rows, list[dict[str, Landed]], str]) -> None:
    before, after, _, _ = told
    assert before["facilities"] == [("WH", "Warehouse", "warehouse", 1), ("NORTH", "North", "warehouse", 2)]
    assert before["stock"] == [("WH", "LAMP", 40, 4), ("WH", "RUG", 12, 0), ("WH", "VASE", 5, 0)]
    assert after["stock"] == [("WH", "LAMP", 35, 4), ("WH", "RUG", 24, 0), ("WH", "VASE", 10, 0)]


def test_purchases_by_the_dozen_are_pieces_and_come_in_parts(told: tuple[Rows, Rows, list[dict[str, Landed]], str]) -> None:
    before, after, _, _ = told
    rug, vase = (Decimal("31.00"), "USD", DAY), (Decimal("4.25"), "USD", DAY)
    assert before["purchases"] == [
        ("RUG", "WH", "Mill", 24, 12, "open", *rug, None),
        ("VASE", "WH", "Mill", 10, 5, "open", *vase, None),
    ]
    assert after["purchases"] == [
        ("RUG", "WH", "Mill", 24, 24, "received", *rug, DAY),
        ("VASE", "WH", "Mill", 10, 10, "received", *vase, DAY),
    ]
