"""What may never happen, whatever comes in: lots that a supplier refuses, money that is not there, a giver that runs short."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.replenishment.budget import within
from sluice.planning.replenishment.lots import lots
from sluice.planning.replenishment.messages import messages
from sluice.planning.replenishment.suggest import Suggested, Terms, suggest

SCHEMA = {
    "facility_id": pl.String, "sku": pl.String, "on_hand": pl.Int64, "promised": pl.Int64, "waiting": pl.Int64,
    "incoming": pl.Int64, "reorder_point": pl.Int64, "up_to": pl.Int64, "demand_mean": pl.Float64, "lead_time": pl.Float64,
    "supplier_id": pl.String, "minimum_pieces": pl.Int64, "multiple": pl.Int64, "shelf_pieces": pl.Int64, "unit_cost": pl.Int64,
    "minimum_order_value": pl.Int64, "order_quantity": pl.Int64,
}  # fmt: skip
few = st.integers(0, 60)
row = st.tuples(
    few, st.integers(0, 20), st.integers(0, 10), few, st.integers(0, 40), st.integers(0, 40), st.floats(0, 9), st.floats(1, 30),
    st.sampled_from(["S1", "S2", None]), st.none() | st.integers(1, 30), st.none() | st.integers(1, 12),
    st.none() | st.integers(0, 120), st.none() | st.integers(0, 50_000), st.none() | st.integers(0, 900_000),
    st.none() | st.integers(1, 25),
)  # fmt: skip


@st.composite
def assortments(draw: st.DrawFn) -> pl.DataFrame:
    places = draw(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("XYZ")), unique=True, max_size=9))
    rows = []
    for facility, sku in places:
        on_hand, promised, waiting, incoming, point, gap, *rest = draw(row)
        rows.append((facility, sku, on_hand, promised, waiting, incoming, point, point + gap, *rest))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def position(items: pl.DataFrame) -> pl.DataFrame:
    return items.with_columns(position=pl.col("on_hand") + pl.col("incoming") - pl.col("promised") - pl.col("waiting"))


def holds(items: pl.DataFrame, terms: Terms, made: Suggested) -> None:
    buys = made.buys.with_columns(pl.col("minimum_pieces", "multiple", "unit_cost").fill_null(1))
    bought = buys.filter(pl.col("quantity") > 0)
    assert (bought["quantity"] % bought["multiple"]).sum() == 0
    assert (bought["quantity"] >= bought["minimum_pieces"]).all()
    assert (bought["pegged"] <= bought["quantity"]).all()
    spent = made.buys.select((pl.col("quantity") * pl.col("unit_cost").fill_null(0)).sum()).item()
    assert terms.budget is None or spent <= terms.budget
    where = position(items)
    gone = made.moves.group_by("sku", pl.col("from_facility_id").alias("facility_id")).agg(gone=pl.col("quantity").sum())
    came = made.moves.group_by("sku", "facility_id").agg(came=pl.col("quantity").sum())
    after = where.join(gone, on=["sku", "facility_id"], how="left").join(came, on=["sku", "facility_id"], how="left")
    after = after.with_columns(pl.col("gone", "came").fill_null(0))
    givers = after.filter(pl.col("gone") > 0)
    assert (givers["position"] - givers["gone"] >= givers["up_to"]).all()
    assert (givers["gone"] <= givers["on_hand"] - givers["promised"]).all()
    assert (givers["came"] == 0).all()
    assert after["gone"].sum() == after["came"].sum()
    assert (made.moves["quantity"] > 0).all()
    full = after.join(made.buys.select("sku", "facility_id", "quantity"), on=["sku", "facility_id"], how="left").drop_nulls(
        "shelf_pieces"
    )
    filled = full["position"].clip(0) + full["came"] + full["quantity"].fill_null(0)
    assert ((filled <= full["shelf_pieces"]) | ((full["came"] == 0) & (full["quantity"].fill_null(0) == 0))).all()


@settings(max_examples=300)
@given(items=assortments(), budget=st.none() | st.integers(0, 800_000), cost=st.integers(0, 60_000))
def test_every_suggestion_can_be_carried_out(items: pl.DataFrame, budget: int | None, cost: int) -> None:
    terms = Terms(budget, cost)
    holds(items, terms, suggest(items, terms))


@settings(max_examples=200)
@given(items=assortments())
def test_what_money_shelf_and_minimum_value_allow_is_covered(items: pl.DataFrame) -> None:
    free = items.with_columns(shelf_pieces=pl.lit(None, pl.Int64), minimum_order_value=pl.lit(None, pl.Int64))
    made = suggest(free, Terms())
    came = made.moves.group_by("sku", "facility_id").agg(came=pl.col("quantity").sum())
    bought = made.buys.select("sku", "facility_id", bought="quantity")
    after = position(free).join(came, on=["sku", "facility_id"], how="left").join(bought, on=["sku", "facility_id"], how="left")
    after = after.with_columns(whole=pl.col("position") + pl.col("came").fill_null(0) + pl.col("bought").fill_null(0))
    low = after.filter(pl.col("position") <= pl.col("reorder_point"), pl.col("up_to") > pl.col("position"))
    filled = low.filter(pl.col("order_quantity").is_null())
    assert (filled["whole"] >= filled["up_to"]).all()
    in_lots = low.filter(pl.col("order_quantity").is_not_null())
    assert (in_lots["whole"] > in_lots["reorder_point"]).all()


def test_the_properties_see_a_broken_suggestion() -> None:
    """With each guard off, the check above must fail."""
    rows = [
        ("A", "X", 50, 0, 0, 0, 5, 10, 1.0, 7.0, "S1", 1, 1, None, 100, None, None),
        ("B", "X", 0, 0, 0, 0, 9, 20, 1.0, 7.0, "S1", 6, 6, 60, 100, None, None),
    ]
    items = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    bare = items.with_columns(on_hand=pl.when(pl.col("facility_id") == "A").then(10).otherwise(0))
    whole = suggest(bare, Terms())
    holds(bare, Terms(), whole)
    assert whole.buys["quantity"].to_list() == [24]
    for quantity, terms in ((25, Terms()), (24, Terms(budget=2_399)), (66, Terms())):
        with pytest.raises(AssertionError):
            holds(bare, terms, Suggested(whole.moves, whole.buys.with_columns(quantity=pl.lit(quantity))))
    moved = suggest(items, Terms())
    assert moved.moves.rows() == [("A", "B", "X", 20)]
    with pytest.raises(AssertionError):
        holds(items, Terms(), Suggested(moved.moves.with_columns(quantity=pl.lit(41)), moved.buys))


@given(st.lists(st.tuples(few, st.integers(1, 30), st.integers(1, 12)), min_size=1, max_size=20), st.integers(0, 30))
def test_who_needs_more_never_gets_less(rows: list[tuple[int, int, int]], more: int) -> None:
    needed, minimum, multiple = np.array(rows, np.int64).T
    most = np.full(len(rows), 10**6)
    less, larger = lots(needed, minimum, multiple, most), lots(needed + more, minimum, multiple, most)
    assert (less <= larger).all()
    assert (less >= needed).all()
    assert (less - needed < multiple + minimum).all()


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_money_never_buys_less_service(one: int, more: int) -> None:
    quantity, cost = np.array([10, 6, 8]), np.array([5, 20, 9])
    lots_of = np.array([2, 3, 1])
    worth = np.array([3.0, 2.0, 1.0])
    small, large = (within(money, quantity, cost, lots_of, lots_of, worth) for money in (one, one + more))
    assert small @ cost <= one
    assert small[0] <= large[0], "what is worth most is served first"


def test_what_customers_wait_for_comes_first_and_is_pegged() -> None:
    rows = [
        ("A", "LATE", 5, 0, 12, 0, 4, 10, 0.1, 7.0, "S1", 1, 1, None, 100_000, None, None),
        ("A", "FAST", 0, 0, 0, 0, 50, 100, 9.0, 7.0, "S1", 1, 1, None, 100_000, None, None),
    ]
    made = suggest(pl.DataFrame(rows, schema=SCHEMA, orient="row"), Terms(budget=2_000_000)).buys
    bought = {
        sku: (quantity, pegged, state)
        for sku, quantity, pegged, state in made.select("sku", "quantity", "pegged", "state").rows()
    }
    assert bought["LATE"] == (17, 7, "suggested")
    assert bought["FAST"] == (3, 0, "cut")


@pytest.mark.parametrize(
    ("least", "waiting", "state"), [(1_000_001, 0, "waits"), (1_000_000, 0, "suggested"), (1_000_001, 21, "suggested")]
)
def test_an_order_below_the_suppliers_minimum_waits_unless_a_customer_does(least: int, waiting: int, state: str) -> None:
    rows = [("A", "X", 10 + waiting, 0, waiting, 0, 10, 20, 1.0, 7.0, "S1", 1, 1, None, 100_000, least, None)]
    items = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    if waiting:
        items = items.with_columns(on_hand=pl.lit(0, pl.Int64))
    assert suggest(items, Terms()).buys["state"].to_list() == [state]


def test_messages_by_hand() -> None:
    """10 free, 2 a day: gone in 5 days. A purchase due in 12 is wanted in 5; behind 100 more, another is not needed for long."""
    items = pl.DataFrame(
        {
            "facility_id": ["A", "B", "C"],
            "sku": "X",
            "free": [10, 100, 500],
            "demand_mean": [2.0, 2.0, 1.0],
            "reorder_point": 8,
            "up_to": 40,
        }
    )
    pieces, expected = [20, 10, 10, 0], [12.0, 3.0, None, 1.0]
    lines = pl.DataFrame(
        {"facility_id": list("ABCA"), "sku": "X", "line": list("1234"), "pieces": pieces, "expected_in_days": expected}
    )
    told = {line: (kind, days) for line, kind, days in messages(lines, items).select("line", "kind", "needed_in_days").rows()}
    assert told == {"1": ("expedite", 5.0), "2": ("push_out", 35.0), "3": ("cancel", 470.0)}
    assert messages(lines.with_columns(expected_in_days=pl.lit(5.0)).head(1), items).is_empty()


def test_the_worked_example_of_the_documentation() -> None:
    rows = [
        ("SH", "LAMP", 10, 3, 2, 4, 20, 34, 2.0, 7.0, "S1", 1, 6, None, 100_000, None, None),
        ("BJ", "LAMP", 52, 0, 0, 0, 20, 40, 2.0, 7.0, "S1", 1, 6, None, 100_000, None, None),
    ]
    items = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    made = suggest(items, Terms())
    assert made.moves.rows() == [("BJ", "SH", "LAMP", 12)]
    assert made.buys.select("facility_id", "quantity").rows() == [("SH", 18)]
    lines = pl.DataFrame({"facility_id": ["SH"], "sku": "LAMP", "line": "1", "pieces": 4, "expected_in_days": 12.0})
    free = items.with_columns(free=pl.col("on_hand") - pl.col("promised") - pl.col("waiting"))
    assert messages(lines, free.select("facility_id", "sku", "free", "demand_mean", "reorder_point", "up_to"))[
        "needed_in_days"
    ].to_list() == [2.5]
