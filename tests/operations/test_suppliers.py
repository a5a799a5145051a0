"""Suppliers' delivery performance from purchases as the ERP tells them, by hand and beside the lead times that levels take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import psycopg
import pytest

from sluice import warehouse
from sluice.operations.levels import purchases
from sluice.planning.lead_time import lead_times
from sluice.planning_policy import Planning
from tests.conftest import copy_of
from tests.operations.purchasing import articles, purchase

DAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
SHARES = "supplier, line_count, due_line_count, received_line_count, overdue_line_count, on_time_share, in_full_share"


@pytest.fixture
def db(postgres: warehouse.Embedded, built_template: str) -> Iterator[psycopg.Connection]:
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as connection:
        articles(connection, "A", "B", "C")
        yield connection


def performance(db: psycopg.Connection, columns: str) -> dict[str, tuple[object, ...]]:
    rows = db.execute(f"select supplier_id, {columns} from marts.supplier_performance order by 1").fetchall()  # type: ignore[arg-type]
    return {supplier: tuple(rest) for supplier, *rest in rows}


def test_promised_beside_received(db: psycopg.Connection) -> None:
    purchase(db, 1, "NB", DAY, 10, [("A", 50, 50, 9), ("B", 20, 20, 12)])  # one in time, one two days late
    purchase(db, 2, "NB", DAY, 10, [("A", 30, 12, 10)])  # a part only, overdue
    purchase(db, 3, "NB", DAY, 9999, [("A", 10, 0, None)])  # not due for years
    purchase(db, 4, "NB", DAY, 5, [("A", 10, 0, None)], state="cancel")
    purchase(db, 5, "FS", DAY, 3, [("C", 5, 5, 3)])
    found = performance(db, SHARES)
    assert [float(one) if one.__class__.__name__ == "Decimal" else one for one in found["NB"]] == [
        "NB Ltd", 4, 3, 2, 1, 0.3333, 0.6667,
    ]  # fmt: skip
    assert found["FS"][1:5] == (1, 1, 1, 0)
    assert [float(str(share)) for share in found["FS"][5:]] == [1, 1]
    pieces = performance(db, "ordered_quantity, received_quantity, mean_days_late")
    assert pieces["NB"][:2] == (110, 82)
    assert pieces["NB"][2] == pytest.approx((9 - 10 + 12 - 10) / 2)


def test_its_days_are_those_that_lead_times_are_told_from(db: psycopg.Connection) -> None:
    for number, days in enumerate((8.0, 9.5, 14.0, 11.0)):
        lines = [("A", 5, 5, days), ("B", 5, 5, days)]  # together: one delivery
        purchase(db, number, "NB", DAY + timedelta(days=number), 10, lines)
    purchase(db, 9, "FS", DAY, 10, [("C", 5, 5, 40.0)])
    times = performance(db, "delivery_count, lead_time_mean_days, lead_time_sd_days")
    days = pl.Series([8.0, 9.5, 14.0, 11.0])
    assert times["NB"] == (4, pytest.approx(days.mean()), pytest.approx(days.std()))
    assert times["FS"] == (1, pytest.approx(40), None)
    told = lead_times(purchases(db), Planning(lead_time_days=10, lead_time_sd_days=2))[0]
    mean = dict(told.select("sku", "mean").iter_rows())
    sd = dict(told.select("sku", "sd").iter_rows())
    assert mean["A"] == mean["B"] < mean["C"] < 40, "one delivery is shrunk"
    assert sd["C"] > sd["A"] > 2


def test_nothing_bought_has_no_row(db: psycopg.Connection) -> None:
    assert performance(db, "line_count") == {}
