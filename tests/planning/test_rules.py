"""Rules: the last that matches wins, its terms are kept to the piece, what is set apart is cut fairly, and nothing is made up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.quotas import Allocation
from sluice.planning.replan import Basis, Replan, replan
from sluice.planning_policy import Planning
from tests.planning.ruled import FACILITIES, POOLS, SHOPS, Ruled, random_policy, random_ruled, violations

SEED = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("seed", range(40))
def test_what_every_cut_promises(seed: int) -> None:
    found = violations(random_ruled(60, seed))
    assert found == dict.fromkeys(found, 0)


@settings(max_examples=80)
@given(SEED)
def test_what_every_cut_promises_for_any_seed(seed: int) -> None:
    found = violations(random_ruled(8, seed))
    assert found == dict.fromkeys(found, 0)


def _twice(case: Ruled) -> Allocation:
    """What is set apart is left in the pool as well."""
    made = case.cut()
    return replace(made, pool=made.pool + np.where(case.terms.set_apart[case.place.sku], made.quota, 0).sum(axis=1))


def _anywhere(case: Ruled) -> Allocation:
    """Facilities that are out count all the same."""
    return replace(case, terms=replace(case.terms, inside=np.ones_like(case.terms.inside))).cut()


def _a_piece_short(case: Ruled) -> Allocation:
    """Every number is rounded down once more at each facility."""
    made = case.cut()
    return replace(made, published=np.where(made.quota == 0, np.maximum(0, made.published - 1), made.published))


def _first_come(case: Ruled) -> Allocation:
    """Shops are served one after the other whatever their priority."""
    return replace(case, priority=np.arange(1, len(case.priority) + 1)).cut()


def _stingy(case: Ruled, shops: slice = slice(None), rows: np.ndarray | bool = True) -> Allocation:
    """One piece of everything that is set apart goes back to the pool."""
    made = case.cut()
    back = np.where(case.terms.set_apart[case.place.sku] & (made.quota > 0), 1, 0)
    back[~np.broadcast_to(rows, len(back))] = 0
    back = np.where(np.isin(np.arange(back.shape[1]), np.arange(back.shape[1])[shops]), back, 0)
    return replace(made, quota=made.quota - back, published=made.published - back, pool=made.pool + back.sum(axis=1))


def _first_column(case: Ruled) -> Allocation:
    """The same for the first shop only, whichever it is."""
    return _stingy(case, slice(0, 1))


def _jumpy(case: Ruled) -> Allocation:
    """The same where there is an odd number of pieces."""
    return _stingy(case, rows=case.stock.on_hand % 2 == 1)


@pytest.mark.parametrize(
    ("broken", "shows_as"),
    [
        (_twice, "conserved"),
        (_anywhere, "nothing from outside"),
        (_a_piece_short, "numbers are those of the terms"),
        (_first_come, "scaled in proportion"),
        (_anywhere, "never above what is available"),
        (_anywhere, "what is set apart is wanted"),
        (_first_column, "pool knows no order of channels"),
        (_jumpy, "a piece more takes none from better priorities"),
        (_stingy, "short only where nothing is left"),
    ],
)
def test_the_checker_sees_a_broken_cut(broken: Callable[[Ruled], Allocation], shows_as: str) -> None:
    assert sum(violations(random_ruled(60, seed), again=broken)[shows_as] for seed in range(12)) > 0


STOCK = {"facility_id": pl.String, "sku": pl.String, "on_hand": pl.Int64, "committed": pl.Int64, "held": pl.Int64}
DEMAND = {"facility_id": pl.String, "sku": pl.String, "channel": pl.String, "shop": pl.String}
A, B, C = ("a", "main"), ("b", "main"), ("c", "main")


def stock(*rows: tuple[str, str, int]) -> pl.DataFrame:
    frame = pl.DataFrame([(*row, 0, 0) for row in rows], schema=STOCK, orient="row")
    return frame.with_columns(presale_reserve=pl.lit(0))


def made(
    position: pl.DataFrame, rules: list[dict[str, Any]], quotas: list[dict[str, Any]] | None = None, **policy: Any
) -> Replan:
    """A plan without demand or safety stock, for three shops of one priority."""
    safety = pl.DataFrame(schema={"facility_id": pl.String, "sku": pl.String, "safety_stock": pl.Int64})
    demand = pl.DataFrame(schema=DEMAND | {"expected": pl.Float64, "spread": pl.Float64})
    given = Planning.model_validate({"rules": rules, "quotas": quotas or []} | policy)
    return replan(position, Basis(safety, demand, (A, B, C)), given)


def numbers(result: Replan, channel: str, sku: str = "X") -> dict[str, int]:
    rows = result.quotas.filter(channel=channel, sku=sku)
    return dict(rows.select("facility_id", "published").iter_rows())


def why(result: Replan, channel: str, facility: str = "F") -> str:
    return str(result.quotas.filter(channel=channel, facility_id=facility)["rule"][0])


@pytest.mark.parametrize(
    ("terms", "published"),
    [
        ({}, 10),
        ({"percent": 80}, 8),
        ({"percent": 33.3333}, 3),
        ({"percent": 0}, 0),
        ({"plus": -3}, 7),
        ({"plus": 5}, 10),
        ({"percent": 50, "plus": 1}, 6),
        ({"max": 4}, 4),
        ({"percent": 10, "min": 3}, 3),
        ({"percent": 10, "min": 30}, 10),
        ({"plus": -20}, 0),
        ({"threshold": 9}, 10),
        ({"threshold": 10}, 0),
        ({"threshold": 10, "min": 3}, 0),
        ({"percent": 50, "threshold": 7}, 5),
        ({"lock": 4}, 4),
        ({"lock": 40}, 10),
        ({"lock": 4, "threshold": 10}, 0),
        ({"lock": 4, "exclusive": True}, 4),
        ({"lock": 40, "exclusive": True}, 10),
        ({"lock": 4, "exclusive": True, "threshold": 4}, 0),
        ({"facilities": {"except": ["F"]}}, 0),
        ({"share": {"pool": "all", "percent": 25}}, 2),
        ({"share": {"pool": "all", "percent": 100}, "max": 6}, 6),
    ],
)
def test_terms(terms: dict[str, Any], published: int) -> None:
    result = made(stock(("F", "X", 10)), [{"channel": "a"} | terms], pools={"all": ["F"]})
    assert numbers(result, "a") == {"F": published}


def test_an_exclusive_lock_is_nobody_elses_and_a_plain_one_is() -> None:
    exclusive, plain = (made(stock(("F", "X", 10)), [{"channel": "a", "lock": 4, "exclusive": word}]) for word in (True, False))
    assert (numbers(exclusive, "b"), numbers(plain, "b")) == ({"F": 6}, {"F": 10})
    assert exclusive.stock_plan.select("quota_total", "shared_pool").rows() == [(4, 6)]
    assert plain.stock_plan.select("quota_total", "shared_pool").rows() == [(0, 10)]


def test_terms_count_on_the_sum_over_facilities() -> None:
    position = stock(("F", "X", 3), ("G", "X", 3), ("H", "X", 3))
    assert sum(numbers(made(position, [{"channel": "a", "percent": 50}]), "a").values()) == 4, "not 1 a facility"
    assert numbers(made(position, [{"channel": "a", "max": 5}]), "a") == {"F": 2, "G": 2, "H": 1}
    without = made(position, [{"channel": "a", "percent": 50, "facilities": {"except": "H"}}])
    assert numbers(without, "a") == {"F": 2, "G": 1, "H": 0}


def test_facilities_are_in_or_out_for_the_allocator_too() -> None:
    result = made(stock(("F", "X", 6), ("G", "X", 6)), [{"channel": "a", "publish": "computed", "facilities": {"only": "G"}}])
    assert numbers(result, "a") == {"F": 0, "G": 6}
    assert why(result, "a") == "rule 1: computed, only G; nothing from here"


def test_the_last_rule_that_matches_wins_and_the_plan_says_which() -> None:
    rules = [
        {"name": "usual", "percent": 50},
        {"sku": "X*", "percent": 20},
        {"channel": "b", "sku": ["Y", "X1"], "publish": "computed"},
    ]
    result = made(stock(("F", "X1", 10), ("F", "Y", 10)), rules)
    published = {
        (channel, sku): number for sku, channel, number in result.quotas.select("sku", "channel", "published").iter_rows()
    }
    assert published == {("a", "X1"): 2, ("b", "X1"): 10, ("c", "X1"): 2, ("a", "Y"): 5, ("b", "Y"): 10, ("c", "Y"): 5}
    told = result.quotas.filter(channel="a").sort("sku")["rule"].to_list()
    assert told[0] == "rule 2: 20 %; 2 of the 10 open to it in its facilities, 2 here"
    assert told[1] == "rule 1 (usual): 50 %; 5 of the 10 open to it in its facilities, 5 here"


def test_short_supply_is_cut_by_priority_then_in_proportion() -> None:
    rules = [{"channel": channel, "lock": lock, "exclusive": True} for channel, lock in (("a", 10), ("b", 20), ("c", 6))]
    quotas = [{"channel": channel, "shop": "main", "priority": priority} for channel, priority in (("a", 2), ("b", 2), ("c", 1))]
    result = made(stock(("F", "X", 11), ("G", "X", 10)), rules, quotas)
    total = {channel: sum(numbers(result, channel).values()) for channel in "abc"}
    assert total == {"c": 6, "a": 5, "b": 10}
    assert result.stock_plan["shared_pool"].to_list() == [0, 0]


def test_shares_that_make_a_whole_give_out_the_whole() -> None:
    rules = [
        {"channel": channel, "share": {"pool": "east", "percent": percent}}
        for channel, percent in (("a", 50), ("b", 25), ("c", 25))
    ]
    result = made(stock(("F", "X", 3), ("G", "X", 4), ("H", "X", 9)), rules, pools={"east": ["F", "G"]})
    total = {channel: sum(numbers(result, channel).values()) for channel in "abc"}
    assert sum(total.values()) == 7
    assert (total["a"], sorted(total.values())) == (3, [2, 2, 3])
    assert result.stock_plan["shared_pool"].to_list() == [0, 0, 9]
    assert why(result, "a", "H") == "rule 1: 50 % of pool east; nothing from here"


def test_regions_that_overlap_leave_nothing_where_a_lock_is_short() -> None:
    rules = [
        {"channel": "a", "lock": 8, "exclusive": True, "facilities": {"only": ["F", "G"]}},
        {"channel": "b", "lock": 8, "exclusive": True, "facilities": {"only": ["G", "H"]}},
    ]
    result = made(stock(("F", "X", 4), ("G", "X", 6), ("H", "X", 4)), rules)
    assert sum(numbers(result, "a").values()) == sum(numbers(result, "b").values()) == 7
    assert result.stock_plan["shared_pool"].to_list() == [0, 0, 0]


def test_what_is_not_known_is_not_published() -> None:
    position = stock(("F", "X", 5), ("G", "X", 5)).with_columns(is_known=pl.Series([True, False]))
    result = made(position, [{"channel": "a", "percent": 60}])
    assert result.stock_plan["facility_id"].to_list() == ["F"]
    assert result.quotas["facility_id"].unique().to_list() == ["F"]
    assert numbers(result, "a") == {"F": 3}


def random_position(draw: np.random.Generator, skus: int) -> pl.DataFrame:
    items = [(facility, f"S{number}") for number in range(skus) for facility in FACILITIES]
    frame = pl.DataFrame(items, schema=["facility_id", "sku"], orient="row")
    on_hand, committed, held, presale = (draw.integers(low, high, len(items)) for low, high in ((-2, 40), (0, 9), (0, 4), (0, 4)))
    return frame.with_columns(on_hand=on_hand, committed=committed, held=held, presale_reserve=presale)


def random_basis(draw: np.random.Generator, position: pl.DataFrame) -> Basis:
    items = position.select("facility_id", "sku")
    demand = items.join(pl.DataFrame(SHOPS, schema=["channel", "shop"], orient="row"), how="cross")
    demand = demand.with_columns(expected=draw.gamma(1.0, 4.0, demand.height), spread=draw.gamma(1.0, 2.0, demand.height))
    return Basis(items.with_columns(safety_stock=draw.integers(0, 6, items.height)), demand)


@settings(max_examples=25)
@given(SEED, SEED)
def test_the_order_of_rows_and_quotas_does_not_matter(seed: int, shuffle: int) -> None:
    draw = np.random.default_rng(seed)
    policy, position = random_policy(draw), random_position(draw, 6)
    basis = random_basis(draw, position)
    other = Basis(basis.safety_stock.reverse(), basis.demand.sample(fraction=1, shuffle=True, seed=shuffle), basis.shops)
    turned = policy.model_copy(update={"quotas": policy.quotas[::-1]})
    one, two = replan(position, basis, policy), replan(position.sample(fraction=1, shuffle=True, seed=shuffle), other, turned)
    assert one.quotas.equals(two.quotas)
    assert one.stock_plan.equals(two.stock_plan)


@settings(max_examples=25)
@given(SEED)
def test_rules_that_a_later_one_covers_say_nothing(seed: int) -> None:
    draw = np.random.default_rng(seed)
    policy, position = random_policy(draw), random_position(draw, 6)
    basis, last = random_basis(draw, position), {"percent": 40, "plus": 1}
    covered = [rule.model_dump(by_alias=True, exclude_unset=True) for rule in policy.rules]
    common = {"pools": POOLS, "quotas": [quota.model_dump() for quota in policy.quotas]}
    many, one = (
        replan(position, basis, Planning.model_validate(common | {"rules": rules})) for rules in ([*covered, last], [last])
    )
    assert many.quotas.drop("rule").equals(one.quotas.drop("rule"))
    assert many.quotas["rule"].str.starts_with(f"rule {len(covered) + 1}: 40 %, +1").all()


@settings(max_examples=25)
@given(SEED)
def test_a_sku_is_decided_alone_as_among_others(seed: int) -> None:
    """What an event decides for a few SKUs is what the whole plan would."""
    draw = np.random.default_rng(seed)
    policy, position = random_policy(draw), random_position(draw, 9)
    basis = random_basis(draw, position)
    some = pl.col("sku").is_in(["S2", "S7"])
    whole, part = replan(position, basis, policy), replan(position.filter(some), basis, policy)
    assert part.quotas.equals(whole.quotas.filter(some))
    assert part.stock_plan.equals(whole.stock_plan.filter(some))
