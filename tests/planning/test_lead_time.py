"""Lead times from receipts: the item's own, shrunk to its supplier's, those to everybody's, those to the policy's."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from sluice.planning.lead_time import supply
from sluice.planning_policy import Planning

ORDERED = datetime(2026, 1, 1, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
SCHEMA = {
    "channel": pl.String,
    "shop": pl.String,
    "po_id": pl.String,
    "supplier_id": pl.String,
    "supplier": pl.String,
    "sku": pl.String,
    "ordered_at": TIME,
    "received_at": TIME,
}
POLICY = Planning(lead_time_days=20, lead_time_sd_days=4)


def lines(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    """Rows of (purchase order, supplier, sku, days until receipt or None)."""
    full = [
        ("odoo", "erp", po, supplier, supplier, sku, _day(number), None if days is None else _day(number + days))
        for number, (po, supplier, sku, days) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def _day(number: float) -> datetime:
    return ORDERED + timedelta(days=number)


def told(frame: pl.DataFrame, policy: Planning = POLICY) -> dict[str, tuple[float, float, str]]:
    """And of the SKU "new", which nobody ever ordered."""
    items = pl.DataFrame({"sku": [*sorted(set(frame["sku"])), "new"]}, schema={"sku": pl.String})
    found = supply(items, frame, policy)
    assert found["sku"].to_list() == items["sku"].to_list()
    told = found.select("sku", "lead_time_mean_days", "lead_time_sd_days", "lead_time_source")
    return {sku: (mean, sd, source) for sku, mean, sd, source in told.iter_rows()}


def posterior(mean: float, sd: float, days: list[float]) -> tuple[float, float]:
    """Normal with a conjugate prior worth three receipts, by hand."""
    seen, n = sum(days) / len(days), len(days)
    squares = sum((day - seen) ** 2 for day in days)
    variance = (3 * sd**2 + squares + 3 * n / (3 + n) * (seen - mean) ** 2) / (3 + n)
    return (3 * mean + n * seen) / (3 + n), variance**0.5


def test_an_item_leans_on_its_supplier_that_on_all_those_on_the_policy() -> None:
    found = told(lines(("1", "s", "X", 8), ("2", "s", "Y", 10), ("3", "t", "Z", 12), ("5", "t", "W", None)))
    everybody = posterior(20, 4, [8, 10, 12])
    s, t = posterior(*everybody, [8, 10]), posterior(*everybody, [12])
    assert found["X"] == (*map(pytest.approx, posterior(*s, [8])), "sku")
    assert found["Y"] == (*map(pytest.approx, posterior(*s, [10])), "sku")
    assert found["Z"] == (*map(pytest.approx, posterior(*t, [12])), "sku")
    assert found["W"] == (*map(pytest.approx, t), "supplier")
    assert found["new"] == (*map(pytest.approx, everybody), "all suppliers")


def test_many_receipts_speak_for_themselves() -> None:
    days = [8.0, 10.0, 12.5] * 200
    mean, sd, source = told(lines(*[(str(number), "s", "X", one) for number, one in enumerate(days)]))["X"]
    assert (mean, sd, source) == (pytest.approx(61 / 6, abs=0.1), pytest.approx(pl.Series(days).std(), abs=0.1), "sku")


def test_one_late_delivery_widens_the_spread_and_does_not_own_it() -> None:
    usual = [("a" + str(number), "s", "Y", 9.0 + number % 3) for number in range(60)]
    calm = told(lines(*usual))["Y"]
    _, shaken, _ = told(lines(*usual, ("z", "s", "X", 40.0)))["X"]
    assert calm[1] < shaken < 40 - calm[0]


def test_an_item_follows_its_newest_supplier() -> None:
    slow, fast = (
        [(f"{name}{number}", name, "Y", days) for number in range(90)] for name, days in (("slow", 30.0), ("fast", 3.0))
    )
    for newest, days in (("fast", 3.0), ("slow", 30.0)):
        mean, _, source = told(lines(*slow, *fast, ("last", newest, "X", None)))["X"]
        assert (mean, source) == (pytest.approx(days, abs=1), "supplier")


def test_terms_of_the_supplier_go_before_what_was_seen() -> None:
    policy = Planning.model_validate(
        {"lead_time_sd_days": 4, "replenishment": {"suppliers": [{"supplier": "s", "lead_time_days": 33}]}}
    )
    found = told(lines(("1", "s", "X", 8), ("2", "t", "Y", 8)), policy)
    assert (found["X"][0], found["X"][2]) == (33.0, "terms")
    assert found["X"][1] == told(lines(("1", "s", "X", 8), ("2", "t", "Y", 8)), Planning(lead_time_sd_days=4))["X"][1]
    assert found["Y"][2] == "sku"


def test_lines_that_came_together_are_one_observation() -> None:
    together = [("1", "s", sku, 9.0) for sku in "ABCDE"]
    same_day = lines(*together).with_columns(ordered_at=pl.lit(ORDERED), received_at=pl.lit(ORDERED + timedelta(days=9)))
    everybody = posterior(20, 4, [9.0])
    assert told(same_day)["new"] == (*map(pytest.approx, everybody), "all suppliers")


def test_a_receipt_before_its_order_says_nothing() -> None:
    assert told(lines(("1", "s", "X", -2)))["X"] == (20.0, 4.0, "policy")
    assert told(lines(("1", "s", "X", -2), ("2", "s", "X", 4))) == told(lines(("2", "s", "X", 4)))


def test_a_supplier_without_a_name_is_one() -> None:
    nameless = lines(("1", "s", "X", 5), ("2", "s", "Y", None)).with_columns(supplier_id=pl.lit(None, pl.String))
    assert told(nameless)["Y"][2] == "supplier"


def test_nothing_ordered_is_the_policys() -> None:
    assert told(lines()) == {"new": (20.0, 4.0, "policy")}
