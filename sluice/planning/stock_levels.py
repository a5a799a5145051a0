"""The level of every item: what it is filled up to, when, and what of it is held against what isn't expected; the same for the
plan and for replenishment."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from sluice.config import Planning
from sluice.planning.demand import ITEM
from sluice.planning.inventory import calibrated
from sluice.planning.inventory.choose import CALIBRATED, NORMAL, choose, formula
from sluice.planning.inventory.levels import Floats, Integers, Supply, Target
from sluice.planning.safety_stock import pieces
from sluice.planning.service_targets import targets

FILL_RATE = "fill_rate"
CURVE = (0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
CYCLE_SERVICE_LEVEL = "cycle_service_level"


def stock_levels(
    items: pl.DataFrame, history: Floats, policy: Planning, of_fill_rate: dict[float, float] | None = None
) -> pl.DataFrame:
    """Columns of planning.safety_stock without run_id, a row an item.

    `items`: facility_id, sku; forecast_mean, forecast_sd (pieces a day; null: no forecast has it); abc; lead_time_mean_days,
    lead_time_sd_days, lead_time_source. `history` (items, days) as inventory/history.py makes it. `of_fill_rate`: quantiles found
    from a sample that stands for all (`fill_quantiles`); from these items if left out.
    """
    supply, target = _supply(items, policy), targets(items["sku"], items["abc"].to_numpy(), policy)
    rate = (_numbers(items, "forecast_mean"), _numbers(items, "forecast_sd"))
    made = choose(history, supply, target, rate, of_fill_rate, policy.lost_sales)
    up_to = pieces(made.up_to)
    point = np.minimum(pieces(made.mean * supply.lead_time + made.safety), up_to)
    return items.select(
        *ITEM,
        demand_mean=pl.Series(made.mean),
        demand_sd=pl.Series(made.sd),
        lead_time_mean_days=pl.Series(supply.lead_time),
        lead_time_sd_days=pl.Series(supply.lead_time_sd),
        lead_time_source=pl.col("lead_time_source"),
        review_period_days=pl.lit(supply.review, pl.Int64),
        target_kind=pl.Series(np.where(target.is_fill_rate, FILL_RATE, CYCLE_SERVICE_LEVEL), dtype=pl.String),
        service_level=pl.Series(target.level),
        abc=pl.col("abc"),
        method=pl.Series(made.method.astype(str), dtype=pl.String),
        quantile=pl.Series(made.quantile).fill_nan(None),
        error_shift=pl.Series(made.errors.shift).fill_nan(None),
        error_spread=pl.Series(made.errors.spread).fill_nan(None),
        safety_stock=pl.Series(pieces(made.safety), dtype=pl.Int64),
        reorder_point=pl.Series(point, dtype=pl.Int64),
        up_to=pl.Series(up_to, dtype=pl.Int64),
    )


def fill_quantiles(items: pl.DataFrame, history: Floats, policy: Planning) -> dict[float, float]:
    """The quantile of demand that each fill rate of the policy asks for; of none where the policy has none."""
    levels = {one.level for one in policy.service if one.kind == FILL_RATE}
    return calibrated.reaching(history, _supply(items, policy), sorted(levels), policy.lost_sales) if history.size else {}


def curve(items: pl.DataFrame, history: Floats, policy: Planning) -> list[dict[str, float]]:
    """The exchange curve: `level`, the cycle service level that all items are held to, the safety `stock` of all together that it
    takes, and what the `normal` formula would take; pieces."""
    supply, rate = _supply(items, policy), (_numbers(items, "forecast_mean"), _numbers(items, "forecast_sd"))
    points = []
    for level in CURVE:
        target = Target(np.full(items.height, level), np.zeros(items.height, np.bool_))
        made = choose(history, supply, target, rate, {})
        normal = formula(made.mean, made.sd, supply, target, NORMAL)[1]
        points.append({"level": level, "stock": float(pieces(made.safety).sum()), "normal": float(pieces(normal).sum())})
    return points


def safety_again(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Safety stock of rows of planning.safety_stock by the terms that they keep.

    Of plans of before methods were kept (target_kind is null) it was the normal formula.
    """
    wanted = [0] * len(rows)
    alike: dict[tuple[str, int], list[int]] = {}
    for at, row in enumerate(rows):
        method = row["method"] if row["target_kind"] else NORMAL
        alike.setdefault((method, row["review_period_days"]), []).append(at)
    for (method, review), places in alike.items():
        found = _safety(method, review, pl.DataFrame([rows[at] for at in places], infer_schema_length=None))
        for at, one in zip(places, found, strict=True):
            wanted[at] = int(one)
    return wanted


def _safety(method: str, review: int, rows: pl.DataFrame) -> Integers:
    names = ("demand_mean", "demand_sd", "lead_time_mean_days", "lead_time_sd_days", "service_level")
    mean, sd, lead, lead_sd, level = (_numbers(rows, name) for name in names)
    supply = Supply(lead, lead_sd, review)
    if method == CALIBRATED:
        errors = calibrated.Errors(_numbers(rows, "error_spread"), _numbers(rows, "error_shift"))
        safety = np.maximum(0.0, errors.beyond(mean * supply.protected))
    else:
        is_fill = (rows["target_kind"].cast(pl.String) == FILL_RATE).fill_null(False).to_numpy()
        safety = formula(mean, sd, supply, Target(level, is_fill), method)[1]
    return pieces(safety)


def _supply(items: pl.DataFrame, policy: Planning) -> Supply:
    mean, sd = _numbers(items, "lead_time_mean_days"), _numbers(items, "lead_time_sd_days")
    return Supply(mean, sd, max(1, policy.review_period_days))


def _numbers(items: pl.DataFrame, name: str) -> Floats:
    return items[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
