"""What is to be ordered in the weeks to come, from the warehouse as a replenishment run finds it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from psycopg import Connection

from sluice.operations import frames
from sluice.planning.demand import ITEM
from sluice.planning.inventory.policies import NEWSVENDOR
from sluice.planning.replenishment.schedule import Integers, Terms, schedule
from sluice.planning.replenishment.suggest import UNLIMITED, Suggested
from sluice.planning_policy import Planning

WEEK = 7
WEEKS = """
select facility_id, sku, (week_start - date '{as_of}') / 7 as week, mean, q90
from planning.forecasts where forecast_id = {forecast_id} and week_start > date '{as_of}' - 7
"""
WEEK_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "week": pl.Int64,
    "mean": pl.Float64,
    "q90": pl.Float64,
}


def planned_orders(
    db: Connection, items: pl.DataFrame, lines: pl.DataFrame, made: Suggested, policy: Planning, as_of: date, forecast: int | None
) -> pl.DataFrame:
    """Columns of planning.planned_orders without replenishment_id, of items that are bought, sell or are on their way.

    `items` as suggest takes them with their levels; `lines`: open purchases (facility_id, sku, pieces, expected_on); `forecast`:
    the id of the one that is believed, else the levels' own rate.
    """
    bought = made.buys.select(*ITEM, bought="quantity")
    came = made.moves.group_by(ITEM).agg(came=pl.col("quantity").sum())
    left = made.moves.group_by(facility_id="from_facility_id", sku="sku").agg(left=pl.col("quantity").sum())
    known = items.filter((pl.col("demand_mean") > 0) | (pl.col("incoming") > 0)).sort(ITEM)
    for one in (bought, came, left):
        known = known.join(one, on=ITEM, how="left", maintain_order="left")
    weeks = policy.forecast_weeks
    due, later = _due(known, lines, as_of, weeks)
    mean, q90 = _forecast(db, known, as_of, weeks, forecast)
    whole = {name: known[name].fill_null(missing).to_numpy().astype(np.int64) for name, missing in _WHOLE.items()}
    free = whole["on_hand"] - whole["promised"] - whole["waiting"] + whole["came"] - whole["left"]
    once = (known["policy"] == NEWSVENDOR).to_numpy()
    terms = Terms(
        np.where(once, -UNLIMITED, whole["reorder_point"]),
        whole["up_to"],
        whole["order_quantity"],
        known["lead_time_mean_days"].to_numpy(),
        np.maximum(1, whole["minimum_pieces"]),
        np.maximum(1, whole["multiple"]),
        whole["shelf_pieces"],
    )
    ahead = schedule(free, due, later, whole["bought"], mean, terms)
    at = np.repeat(np.arange(known.height), weeks)
    starts = pl.Series([as_of + timedelta(days=WEEK * week) for week in range(weeks)], dtype=pl.Date)
    return known.select(*ITEM, "channel", "shop", "supplier_id", "supplier")[at].with_columns(
        week_start=starts[np.tile(np.arange(weeks), known.height)],
        forecast=pl.Series(mean.ravel()),
        forecast_q90=pl.Series(q90.ravel()).fill_nan(None),
        due=pl.Series(due.ravel()),
        planned_order=pl.Series(ahead.order.ravel()),
        planned_receipt=pl.Series(ahead.received.ravel()),
        projected_stock=pl.Series(ahead.end.ravel()),
    )


_WHOLE = {
    "on_hand": 0, "promised": 0, "waiting": 0, "came": 0, "left": 0, "bought": 0, "reorder_point": 0, "up_to": 0,
    "order_quantity": 0, "minimum_pieces": 1, "multiple": 1, "shelf_pieces": UNLIMITED,
}  # fmt: skip


def _due(items: pl.DataFrame, lines: pl.DataFrame, as_of: date, weeks: int) -> tuple[Integers, Integers]:
    """(items, weeks), and (items) later. What is late, or expected nobody knows when, is taken for due now."""
    week = ((pl.col("expected_on") - pl.lit(as_of)).dt.total_days().fill_null(0).clip(0)) // WEEK
    placed = lines.select(*ITEM, "pieces", week=week.clip(0, weeks)).join(items.select(ITEM).with_row_index("row"), on=ITEM)
    at = placed["row"].to_numpy().astype(np.int64) * (weeks + 1) + placed["week"].to_numpy()
    found = np.bincount(at, placed["pieces"].to_numpy(), items.height * (weeks + 1)).astype(np.int64)
    whole = found.reshape(items.height, weeks + 1)
    return whole[:, :weeks], whole[:, weeks]


def _forecast(
    db: Connection, items: pl.DataFrame, as_of: date, weeks: int, forecast: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and 90 % quantile (items, weeks); the level's rate and NaN where the forecast doesn't reach."""
    mean = np.repeat(items["demand_mean"].to_numpy()[:, None] * WEEK, weeks, axis=1)
    q90 = np.full(mean.shape, np.nan)
    if forecast is not None:
        told = frames.read(db, WEEKS.format(as_of=as_of, forecast_id=int(forecast)), WEEK_COLUMNS)
        placed = told.filter(pl.col("week").is_between(0, weeks - 1)).join(items.select(ITEM).with_row_index("row"), on=ITEM)
        at = placed["row"].to_numpy(), placed["week"].to_numpy()
        mean[at], q90[at] = placed["mean"].to_numpy(), placed["q90"].to_numpy()
    return mean, q90
