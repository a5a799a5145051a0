"""Lead times from receipts: the item's own, else its supplier's, else the policy's."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from sluice.config import Planning
from sluice.planning.lead_time import lead_times

ORDERED = datetime(2026, 1, 1, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
SCHEMA = {
    "channel": pl.String,
    "shop": pl.String,
    "po_id": pl.String,
    "supplier_id": pl.String,
    "sku": pl.String,
    "ordered_at": TIME,
    "received_at": TIME,
}
POLICY = Planning(lead_time_days=20, lead_time_sd_days=4)


def lines(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    """Rows of (purchase order, supplier, sku, days until receipt or None)."""
    full = [
        ("odoo", "erp", po, supplier, sku, _day(number), None if days is None else _day(number + days))
        for number, (po, supplier, sku, days) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def _day(number: float) -> datetime:
    return ORDERED + timedelta(days=number)


def told(frame: pl.DataFrame) -> dict[str, tuple[float, float, str]]:
    found = lead_times(frame, POLICY)
    assert found.columns == ["sku", "lead_time_mean_days", "lead_time_sd_days", "lead_time_source"]
    return {sku: (mean, sd, source) for sku, mean, sd, source in found.iter_rows()}


def test_three_receipts_speak_for_the_item() -> None:
    found = told(lines(("1", "s", "X", 8), ("2", "s", "X", 10), ("3", "s", "X", 12.5)))
    assert found["X"] == (pytest.approx(61 / 6), pytest.approx(pl.Series([8.0, 10.0, 12.5]).std()), "sku")


def test_fewer_fall_back_on_the_supplier_then_on_the_policy() -> None:
    found = told(lines(("1", "s", "X", 8), ("2", "s", "Y", 10), ("3", "s", "Z", 12), ("4", "t", "W", 5), ("5", "t", "W", None)))
    assert {sku: found[sku] for sku in "XYZ"} == dict.fromkeys("XYZ", (10.0, 2.0, "supplier"))
    assert found["W"] == (20.0, 4.0, "policy")


def test_an_item_follows_its_newest_supplier() -> None:
    rows = [(str(number), "slow", "X", 30.0) for number in range(2)] + [(str(number), "fast", "Y", 3.0) for number in range(2, 5)]
    assert told(lines(*rows, ("9", "fast", "X", None)))["X"] == (3.0, 0.0, "supplier")


def test_lines_that_came_together_are_one_observation() -> None:
    together = [("1", "s", sku, 9.0) for sku in "ABCDE"]
    same_day = lines(*together).with_columns(ordered_at=pl.lit(ORDERED), received_at=pl.lit(ORDERED + timedelta(days=9)))
    assert {source for _, _, source in told(same_day).values()} == {"policy"}


def test_a_receipt_before_its_order_says_nothing() -> None:
    assert told(lines(("1", "s", "X", -2), ("2", "s", "X", 4), ("3", "s", "X", 4)))["X"] == (20.0, 4.0, "policy")


def test_nothing_ordered_gives_no_rows() -> None:
    assert told(lines()) == {}
