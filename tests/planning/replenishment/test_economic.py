"""Economic lots: the example of the docs, what pays, and what is not known."""

import polars as pl

from sluice.planning.replenishment.economic import with_economic_lots

COLUMNS = {"demand_mean": pl.Float64, "unit_cost": pl.Int64, "order_cost": pl.Int64, "reorder_point": pl.Int64, "up_to": pl.Int64}


def up_to(*rows: tuple[float, int | None, int | None, int, int]) -> list[int]:
    return with_economic_lots(pl.DataFrame(rows, schema=COLUMNS, orient="row"), 0.25)["up_to"].to_list()


def test_the_example_of_the_docs() -> None:
    assert up_to((10.0, 40, 200, 60, 100)) == [60 + 383], "382.1, in whole pieces"


def test_what_is_not_known_or_costs_nothing_stays() -> None:
    assert up_to((10.0, None, 200, 60, 100), (10.0, 40, None, 60, 100), (10.0, 40, 0, 60, 100), (0.0, 40, 200, 0, 0)) == [
        100, 100, 100, 0,
    ]  # fmt: skip


def test_a_level_is_never_lowered_and_dearer_orders_are_larger() -> None:
    assert up_to((10.0, 40, 1, 60, 900)) == [900]
    found = up_to(*[(10.0, 40, cost, 60, 61) for cost in (1, 10, 100, 1000)])
    assert found == sorted(found)
    assert found[-1] > found[0] > 61


def test_no_item_is_no_row() -> None:
    assert up_to() == []
