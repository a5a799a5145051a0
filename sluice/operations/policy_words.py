"""When and how much of an item is ordered, and why so much, in words, from a row of planning.safety_stock."""

from collections.abc import Mapping
from typing import Any

from sluice.planning.inventory.policies import BASE_STOCK, IN_LOTS, NEWSVENDOR, PERIODIC, R_Q

LOT = (
    "Q = sqrt(2 x {order_cost:g} x {a_year:,.0f} / {holding:g}){waits}: an order, pieces a year, holding one a year (Harris 1913)"
)
NO_LOT = "Q = d x the review period, as no order_cost or no unit cost is known"
WAITS = " x sqrt((h + p) / p)"
RATIO = (
    "{kind} {ratio:.4g} = p / (p + h): a piece waits for {waiting_cost:g} a day and is held for {a_day:.4g} "
    "(Snyder & Shen 4.3, 5.3)"
)


def ordering(row: Mapping[str, Any]) -> list[str]:
    """The rule, then each number in it; nothing of runs of before it was kept."""
    policy, terms = row["policy"], row["policy_terms"] or {}
    if policy is None:
        return []
    if policy == NEWSVENDOR:
        return _season(row, terms)
    point, up_to = row["reorder_point"], row["up_to"]
    rule = {
        PERIODIC: f"periodic: every {row['review_period_days']} days; at or below {point:,} filled up to {up_to:,}",
        BASE_STOCK: f"base_stock: every day what was sold is ordered, up to {up_to:,}",
        R_Q: f"r_q: every day; at or below r = {point:,} in lots of Q = {row['order_quantity'] or 0:,}",
    }.get(policy, f"s_s: every day; at or below s = {point:,} filled up to S = s + Q = {up_to:,}")
    return [rule, *_lot(row, terms), *_ratio(row, terms), *_textbooks(row, terms)]


def _lot(row: Mapping[str, Any], terms: Mapping[str, Any]) -> list[str]:
    if row["policy"] == BASE_STOCK or (row["policy"] == PERIODIC and not terms.get("order_cost")):
        return []
    if not terms.get("order_cost") or not terms.get("unit_cost"):
        return [NO_LOT] if row["policy"] != PERIODIC else []
    waits = WAITS if terms.get("waiting_cost") else ""
    holding = terms["unit_cost"] * terms["holding_rate"]
    return [LOT.format(order_cost=terms["order_cost"], a_year=row["demand_mean"] * 365, holding=holding, waits=waits)]


def _ratio(row: Mapping[str, Any], terms: Mapping[str, Any]) -> list[str]:
    if terms.get("ratio") is None:
        return []
    kind = row["target_kind"].replace("_", " ")
    a_day = terms["unit_cost"] * terms["holding_rate"] / 365
    return [RATIO.format(kind=kind, ratio=terms["ratio"], waiting_cost=terms["waiting_cost"], a_day=a_day)]


def _textbooks(row: Mapping[str, Any], terms: Mapping[str, Any]) -> list[str]:
    """What the textbooks' methods say for the same costs; for one item only, as some of them take a while."""
    from sluice.planning.inventory.textbook import Costs, optima

    if row["policy"] not in IN_LOTS or not terms.get("order_cost") or terms.get("ratio") is None:
        return []
    costs = Costs(terms["order_cost"], terms["unit_cost"] * terms["holding_rate"] / 365, terms["waiting_cost"])
    lead_time = row["lead_time_mean_days"], row["lead_time_sd_days"]
    found = optima(row["policy"], costs, (row["demand_mean"], row["demand_sd"]), lead_time)
    top = "r {0:,.0f}, Q {1:,.0f}" if row["policy"] == R_Q else "s {0:,.0f}, S {2:,.0f}"
    return [
        f"by the textbook, {name}: {top.format(point, quantity, point + quantity)}"
        + ("" if cost is None else f", {cost:,.2f} a day")
        for name, point, quantity, cost in found
    ]


def _season(row: Mapping[str, Any], terms: Mapping[str, Any]) -> list[str]:
    days = max(0, terms["season_days"] or 0)
    rule = (
        f"newsvendor: season until {terms['season_ends']}, {days} days left in which {terms['expected']:,.1f} pieces are expected"
    )
    if terms["price"] is None or terms["unit_cost"] is None:
        ratio = (
            f"ratio {terms['ratio']:.3f}: the service target, as {'no price' if terms['price'] is None else 'no cost'} is known"
        )
    else:
        margin, loss = terms["price"] - terms["unit_cost"], terms["unit_cost"] - (terms["salvage"] or 0)
        ratio = (
            f"ratio {terms['ratio']:.3f} = {margin:g} / ({margin:g} + {loss:g}), margin to margin and loss (Snyder & Shen 4.3)"
        )
    stock = f"stock for it {terms['wanted']:,}: that quantile of the demand left, by {row['method'].removeprefix('newsvendor: ')}"
    late = row["lead_time_mean_days"] >= days
    return [rule, ratio, stock, *(["an order would come after the season: none is made"] if late else [])]
