"""What stock decisions read of the warehouse: demand a day, and how long supply takes."""

from datetime import timedelta

import numpy as np
import polars as pl
from psycopg import Connection

from sluice.config import Planning
from sluice.operations import frames
from sluice.operations.decide import (
    DEMAND,
    DEMAND_COLUMNS,
    PURCHASE_COLUMNS,
    PURCHASES,
    first_day_unknown,
)
from sluice.planning.inventory.history import daily
from sluice.planning.inventory.levels import Floats
from sluice.planning.lead_time import lead_times


def demand_history(db: Connection, policy: Planning, days: int) -> tuple[pl.DataFrame, Floats, tuple[Floats, Floats]]:
    """Items, their demand (items, days) from the first day there is, and means and standard deviations of their lead times."""
    as_of = first_day_unknown(db, policy)
    demand = frames.read(db, DEMAND.format(since=as_of - timedelta(days=days), until=as_of), DEMAND_COLUMNS)
    items, history = daily(demand, as_of, days)
    known = np.isfinite(history).any(axis=0)
    history = history[:, int(known.argmax()) :] if known.any() else history[:, :0]
    return items, history, supply_times(db, items, policy)


def supply_times(db: Connection, items: pl.DataFrame, policy: Planning) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each item's lead time in days, the policy's where nothing was ever bought."""
    times = items.join(
        lead_times(frames.read(db, PURCHASES, PURCHASE_COLUMNS), policy), on="sku", how="left", maintain_order="left"
    )
    mean = times["lead_time_mean_days"].fill_null(policy.lead_time_days).to_numpy()
    sd = times["lead_time_sd_days"].fill_null(policy.lead_time_sd_days).to_numpy()
    return np.maximum(mean, 0.01), sd
