"""Which days are not what they seem."""

from datetime import date, timedelta

import polars as pl

from sluice.planning.demand_signs import LONGEST, promoted_days, sold_out_days

FIRST = date(2026, 1, 1)


def moves(*rows: tuple[int, int], sku: str = "A") -> pl.DataFrame:
    """(day, change) from FIRST on."""
    days = [("WH", sku, FIRST + timedelta(days=day), moved) for day, moved in rows]
    schema = {"facility_id": pl.String, "sku": pl.String, "day": pl.Date, "moved": pl.Int64}
    return pl.DataFrame(days, schema=schema, orient="row")


def days(found: pl.DataFrame) -> list[int]:
    return [(day - FIRST).days for day in found["day"]]


def test_from_the_day_the_last_piece_went_to_the_day_more_came() -> None:
    found = sold_out_days(moves((0, 10), (3, -10), (6, 20), (9, -5)), FIRST + timedelta(days=12))
    assert days(found) == [3, 4, 5, 6]


def test_what_is_sold_out_still_is_so_up_to_the_end() -> None:
    assert days(sold_out_days(moves((0, 10), (3, -12)), FIRST + timedelta(days=6))) == [3, 4, 5, 6]


def test_an_item_given_up_is_not_wanted_for_ever() -> None:
    found = sold_out_days(moves((0, 10), (3, -10)), FIRST + timedelta(days=400))
    assert len(found) == LONGEST + 1


def test_items_are_told_apart_and_order_does_not_matter() -> None:
    both = pl.concat([moves((0, 10), (2, -10)), moves((0, 5), sku="B")])
    until = FIRST + timedelta(days=4)
    assert sold_out_days(both, until)["sku"].unique().to_list() == ["A"]
    assert sold_out_days(both.reverse(), until).equals(sold_out_days(both, until))
    assert sold_out_days(both.clear(), until).height == 0


def test_a_promotion_is_a_discount_above_the_usual() -> None:
    schema = {"facility_id": pl.String, "sku": pl.String, "day": pl.Date, "share": pl.Float64}
    shares = [0.0] * 8 + [0.3, 0.05, None, float("nan")]
    rows = [("WH", "A", FIRST + timedelta(days=day), share) for day, share in enumerate(shares)]
    always = [("WH", "B", FIRST + timedelta(days=day), 0.4) for day in range(9)]
    found = promoted_days(pl.DataFrame(rows + always, schema=schema, orient="row"))
    assert found.rows() == [("WH", "A", FIRST + timedelta(days=8))]
