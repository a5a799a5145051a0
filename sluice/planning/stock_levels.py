"""The level of every item: what it is filled up to, when, how much at a time, and what of it is held against what isn't
expected; the same for the plan and for replenishment."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from sluice.planning.inventory import reaching
from sluice.planning.inventory.choose import NORMAL, choose, daily_rate, formula
from sluice.planning.inventory.levels import FILL_RATE, Floats, Target
from sluice.planning.inventory.ordering import Sized
from sluice.planning.inventory.policies import IN_LOTS, NEWSVENDOR, PERIODIC, economic, held_to, point_and_up_to, sizes
from sluice.planning.item_levels import columns, numbers, rate, supply, with_all_terms
from sluice.planning.item_policies import costs
from sluice.planning.safety_stock import pieces
from sluice.planning.season_levels import season_levels
from sluice.planning.service_targets import targets
from sluice.planning_policy import Planning

CURVE = (0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
WAITING_GRID = (0.8, 0.9, 0.95, 0.99)
"""Fill rates that are played where waiting is weighed; between them is interpolated."""
Found = Mapping[str, reaching.Reached]
"""By policy, the quantile that reaches each target."""


def stock_levels(items: pl.DataFrame, history: Floats, policy: Planning, found: Found | None = None) -> pl.DataFrame:
    """Columns of planning.safety_stock without run_id, a row an item.

    `items`: facility_id, sku; forecast_mean, forecast_sd (pieces a day; null: no forecast has it); abc; lead_time_mean_days,
    lead_time_sd_days, lead_time_source; and where an item is not ordered as all are, the terms of item_levels and the columns of
    item_policies. `history` (items, days) as inventory/history.py makes it. `found`: quantiles found from a sample that stands
    for all (`quantiles`); from these items if left out.
    """
    whole = with_all_terms(items)
    found = quantiles(whole, history, policy) if found is None else found
    parts = []
    for name in sorted(set(whole["policy"].to_list())) or [PERIODIC]:
        seasonal = name == NEWSVENDOR
        made = (
            season_levels(whole, history, policy, name)
            if seasonal
            else _levels(whole, history, policy, name, found.get(name, {}))
        )
        parts.append(made.with_row_index("row").filter(pl.Series(whole["policy"] == name, dtype=pl.Boolean)))
    return pl.concat(parts).sort("row").drop("row")


def quantiles(items: pl.DataFrame, history: Floats, policy: Planning) -> Found:
    """Of every policy that the configuration has, the quantile of demand that each of its targets asks for, where that isn't the
    target itself."""
    whole, named = with_all_terms(items), policy.replenishment.policies
    kinds = {(one.kind == FILL_RATE, one.level) for one in policy.service} | {(False, policy.service_level)}
    found: dict[str, reaching.Reached] = {}
    for name in sorted({PERIODIC, *(one.policy for one in named)} - {NEWSVENDOR}):
        weighs = name in IN_LOTS and any(one.waiting_cost and one.policy == name for one in named)
        wanted = {aim for aim in kinds if aim[0] or name in IN_LOTS} | {(True, level) for level in WAITING_GRID if weighs}
        rows = (whole["policy"] == name).to_numpy()
        sized = order_sizes(whole, policy, name)
        found[name] = reaching.quantiles(history, supply(whole, policy, name), sorted(wanted), policy.lost_sales, sized, rows)
    return found


def _levels(items: pl.DataFrame, history: Floats, policy: Planning, name: str, reached: reaching.Reached) -> pl.DataFrame:
    supplied, weighed = supply(items, policy, name), costs(items, policy.replenishment.holding_rate)
    target = held_to(name, targets(items["sku"], items["abc"].to_numpy(), policy), weighed)
    sized = order_sizes(items, policy, name)
    order = sized and sized(daily_rate(history, numbers(items, "forecast_mean")))
    made = choose(history, supplied, target, rate(items), reached, policy.lost_sales, order)
    ahead, batch = made.mean * supplied.lead_time, economic(made.mean, weighed)
    point, up_to = point_and_up_to(name, (made.position, made.safety), ahead, order, batch)
    is_said = pl.lit(name != PERIODIC) | (pl.col("order_cost") > 0)
    ratio = (
        pl.lit(None, pl.Float64) if name == PERIODIC else pl.Series(np.where(weighed.weigh, target.level, np.nan)).fill_nan(None)
    )
    terms = pl.struct(
        "order_cost", "unit_cost", "waiting_cost", pl.lit(policy.replenishment.holding_rate).alias("holding_rate"), ratio=ratio
    )
    quantity = pl.lit(None, pl.Int64) if order is None or not order.fixed else pl.lit(pl.Series(pieces(order.quantity)))
    said = {"order_quantity": quantity, "policy_terms": pl.when(is_said).then(terms.struct.json_encode())}
    return columns(items, (supplied, target), made, (point, up_to), said)


def order_sizes(items: pl.DataFrame, policy: Planning, name: str) -> Sized | None:
    """How much of `items` (ORDER_TERMS and waiting_cost) is ordered at a time; None where that is what is missing."""
    least, multiple = (items[one].fill_null(1).to_numpy().astype(np.float64) for one in ("minimum_pieces", "multiple"))
    weighed = costs(items, policy.replenishment.holding_rate)
    return sizes(name, max(1, policy.review_period_days), weighed, least, multiple)


def curve(items: pl.DataFrame, history: Floats, policy: Planning) -> list[dict[str, float]]:
    """The exchange curve: `level`, the cycle service level that all items are held to, the safety `stock` of all together that it
    takes, and what the `normal` formula would take; pieces."""
    supplied, told = supply(items, policy), rate(items)
    points = []
    for level in CURVE:
        target = Target(np.full(items.height, level), np.zeros(items.height, np.bool_))
        made = choose(history, supplied, target, told, {})
        normal = formula(made.mean, made.sd, supplied, target, NORMAL)[1]
        points.append({"level": level, "stock": float(pieces(made.safety).sum()), "normal": float(pieces(normal).sum())})
    return points
