"""Levels from the warehouse as it is: demand in batches of SKUs, lead times and the forecast in, a level of every item out."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from psycopg import Connection

from sluice.config import Planning
from sluice.operations import frames
from sluice.operations.forecast import BATCH, IN_BATCH, MOVES, believed
from sluice.planning.demand import ITEM
from sluice.planning.demand_signs import sold_out_days
from sluice.planning.expected import Expected
from sluice.planning.inventory.history import history_of
from sluice.planning.inventory.levels import Floats
from sluice.planning.lead_time import supply
from sluice.planning.service_targets import abc
from sluice.planning.stock_levels import curve, fill_quantiles, stock_levels

SAMPLE = 500
"""Items that stand for all in a plot."""
LONGEST = 730
"""Days of demand that levels are set by."""
SOLD = f"""
select demand_date, facility_id, sku, sum(quantity) as quantity from marts.demand_daily
where demand_date >= date '{{since}}' and demand_date < date '{{until}}' and quantity > 0 and {IN_BATCH} group by 1, 2, 3
"""
SOLD_COLUMNS: frames.Columns = {"demand_date": pl.Date, "facility_id": pl.String, "sku": pl.String, "quantity": pl.Int64}
# A SKU's facilities are in one batch. Batches are drawn by hash, so that the first stands for all.
WORTH = """
select facility_id, sku, sum(revenue_base)::double precision as revenue, sum(quantity)::double precision as pieces,
    hashtext(sku)::bigint + 2147483648 as hash
from marts.demand_daily where demand_date >= date '{since}' and demand_date < date '{until}' and quantity > 0 group by 1, 2
"""
WORTH_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "revenue": pl.Float64,
    "pieces": pl.Float64,
    "hash": pl.Int64,
}
PURCHASES = """
select channel, shop, po_id, supplier_id, supplier, sku, to_char(ordered_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as ordered_at,
    to_char(received_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as received_at
from unified.purchase_order_lines
"""
PURCHASE_COLUMNS: frames.Columns = {
    "channel": pl.String,
    "shop": pl.String,
    "po_id": pl.String,
    "supplier_id": pl.String,
    "supplier": pl.String,
    "sku": pl.String,
    "ordered_at": pl.Datetime("us", "UTC"),
    "received_at": pl.Datetime("us", "UTC"),
}


def levels_of(
    db: Connection, items: pl.DataFrame, policy: Planning, as_of: date, forecast: Expected | None, batch_items: int = BATCH
) -> pl.DataFrame:
    """Of `items` (facility_id, sku), whatever they have: the columns of planning.safety_stock without run_id."""
    span = {"since": as_of - timedelta(days=LONGEST), "until": as_of}
    described, batches = _described(db, items, policy, forecast, span, batch_items)
    of_fill_rate: dict[float, float] | None = None
    made = []
    for batch in range(batches):
        some = described.filter(pl.col("batch") == batch)
        history = _history(db, some, as_of, {**span, "batch": batch, "batches": batches})
        if of_fill_rate is None:
            of_fill_rate = fill_quantiles(some, history, policy)
        made.append(stock_levels(some, history, policy, of_fill_rate))
    return pl.concat(made).sort(ITEM)


def service_curve(db: Connection, policy: Planning, as_of: date) -> list[dict[str, float]]:
    """The safety stock of a sample of the items that sell, at one cycle service level after another (stock_levels.curve)."""
    _, forecast = believed(db, policy, as_of) or (None, None)
    span = {"since": as_of - timedelta(days=LONGEST), "until": as_of}
    items = frames.read(db, WORTH.format(**span), WORTH_COLUMNS).select(ITEM)
    described, batches = _described(db, items, policy, forecast, span, SAMPLE)
    some = described.filter(pl.col("batch") == 0)
    return curve(some, _history(db, some, as_of, {**span, "batch": 0, "batches": batches}), policy)


def demand_history(db: Connection, policy: Planning, as_of: date, days: int) -> tuple[pl.DataFrame, Floats]:
    """Items that sold in the `days` before `as_of`, with their lead times (lead_time.supply), and their demand (items, days) from
    the first day there is."""
    span = {"since": as_of - timedelta(days=days), "until": as_of, "batch": 0, "batches": 1}
    demand = frames.read(db, SOLD.format(**span), SOLD_COLUMNS)
    items = supply(demand.select(ITEM).unique().sort(ITEM), purchases(db), policy)
    return items, history_of(items, demand, as_of, days)


def purchases(db: Connection) -> pl.DataFrame:
    """Of every purchase order line what lead times are told from."""
    return frames.read(db, PURCHASES, PURCHASE_COLUMNS)


def _described(
    db: Connection, items: pl.DataFrame, policy: Planning, forecast: Expected | None, span: dict[str, date], most: int
) -> tuple[pl.DataFrame, int]:
    """As stock_levels takes them, and `batch`, of so many."""
    worth = frames.read(db, WORTH.format(**span), WORTH_COLUMNS)
    batches = max(1, -(-worth.height // most))
    known = items.select(ITEM).join(worth, on=ITEM, how="left", maintain_order="left")
    earned = known["revenue"].fill_null(0).to_numpy()
    classes = abc(earned if np.nansum(earned) > 0 else known["pieces"].fill_null(0).to_numpy())
    rates = pl.DataFrame(schema={**dict.fromkeys(ITEM, pl.String), "demand_mean": pl.Float64, "demand_sd": pl.Float64})
    told = (rates if forecast is None else forecast.items).select(*ITEM, forecast_mean="demand_mean", forecast_sd="demand_sd")
    described = supply(known, purchases(db), policy).join(told, on=ITEM, how="left", maintain_order="left")
    return described.with_columns(abc=pl.Series(classes), batch=pl.col("hash").fill_null(0) % batches), batches


def _history(db: Connection, items: pl.DataFrame, as_of: date, where: dict[str, object]) -> Floats:
    demand = frames.read(db, SOLD.format(**where), SOLD_COLUMNS)
    moves = frames.read(db, MOVES.format(**where), {**dict.fromkeys(ITEM, pl.String), "day": pl.Date, "moved": pl.Int64})
    return history_of(items, demand, as_of, LONGEST, sold_out_days(moves, as_of - timedelta(days=1)))
