"""Levels from the warehouse as it is: demand in batches of SKUs, lead times and the forecast in, a level of every item out."""

from datetime import date, timedelta

import polars as pl
from psycopg import Connection

from sluice.operations import frames
from sluice.operations.forecast import BATCH, IN_BATCH, MOVES, Told, believed
from sluice.planning.demand import ITEM
from sluice.planning.demand_signs import sold_out_days
from sluice.planning.inventory.history import history_of
from sluice.planning.inventory.levels import Floats
from sluice.planning.item_policies import with_policies
from sluice.planning.lead_time import supply
from sluice.planning.replenishment.suggest import UNIT
from sluice.planning.replenishment.terms import with_terms
from sluice.planning.season_levels import with_season
from sluice.planning.service_targets import abc
from sluice.planning.stock_levels import Found, curve, quantiles, stock_levels
from sluice.planning_policy import Planning

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
# A price in the base currency, by the rate that its cost was changed at.
PRODUCTS = """
select sku, category, round(cost_base * 10000)::bigint as unit_cost,
    (case when currency = base_currency then price else price * cost_base / nullif(cost, 0) end)::double precision
        as catalogue_price
from marts.dim_products
"""
PRODUCT_COLUMNS: frames.Columns = {
    "sku": pl.String,
    "category": pl.String,
    "unit_cost": pl.Int64,
    "catalogue_price": pl.Float64,
}
WEEKS = "select facility_id, sku, week_start, mean from planning.forecasts where forecast_id = {forecast_id}"
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
    db: Connection,
    items: pl.DataFrame,
    policy: Planning,
    as_of: date,
    forecast: Told | None,
    batch_items: int = BATCH,
) -> pl.DataFrame:
    """Of `items` (facility_id, sku), whatever they have: the columns of planning.safety_stock without run_id. `forecast`: as
    forecast.believed gives it."""
    span = {"since": as_of - timedelta(days=LONGEST), "until": as_of}
    described, batches = _described(db, items, policy, span, forecast, batch_items)
    found: Found | None = None
    made = []
    for batch in range(batches):
        some = described.filter(pl.col("batch") == batch)
        history = _history(db, some, as_of, {**span, "batch": batch, "batches": batches})
        if found is None:
            found = quantiles(some, history, policy)
        made.append(stock_levels(some, history, policy, found))
    return pl.concat(made).sort(ITEM)


def service_curve(db: Connection, policy: Planning, as_of: date) -> list[dict[str, float]]:
    """The safety stock of a sample of the items that sell, at one cycle service level after another (stock_levels.curve)."""
    span = {"since": as_of - timedelta(days=LONGEST), "until": as_of}
    items = frames.read(db, WORTH.format(**span), WORTH_COLUMNS).select(ITEM)
    described, batches = _described(db, items, policy, span, believed(db, policy, as_of), SAMPLE)
    some = described.filter(pl.col("batch") == 0)
    return curve(some, _history(db, some, as_of, {**span, "batch": 0, "batches": batches}), policy)


def demand_history(db: Connection, policy: Planning, as_of: date, days: int) -> tuple[pl.DataFrame, Floats]:
    """Items that sold in the `days` before `as_of`, with their lead times (lead_time.supply), terms and `brought`, the revenue
    of a piece, and their demand (items, days) from the first day there is."""
    span = {"since": as_of - timedelta(days=days), "until": as_of, "batch": 0, "batches": 1}
    demand = frames.read(db, SOLD.format(**span), SOLD_COLUMNS)
    worth = frames.read(db, WORTH.format(**span), WORTH_COLUMNS).select(*ITEM, brought=pl.col("revenue") / pl.col("pieces"))
    items = demand.select(ITEM).unique().sort(ITEM).join(worth, on=ITEM, how="left", maintain_order="left")
    items = supply(items, purchases(db), policy)
    return _with_costs(db, items, policy), history_of(items, demand, as_of, days)


def purchases(db: Connection) -> pl.DataFrame:
    """Of every purchase order line what lead times are told from."""
    return frames.read(db, PURCHASES, PURCHASE_COLUMNS)


def _described(
    db: Connection,
    items: pl.DataFrame,
    policy: Planning,
    span: dict[str, date],
    forecast: Told | None,
    most: int,
) -> tuple[pl.DataFrame, int]:
    """As stock_levels takes them, and `batch`, of so many."""
    worth = frames.read(db, WORTH.format(**span), WORTH_COLUMNS)
    batches = max(1, -(-worth.height // most))
    known = items.select(ITEM).join(worth, on=ITEM, how="left", maintain_order="left")
    classes = abc(*(known[name].fill_null(0).to_numpy() for name in ("revenue", "pieces")))
    rates = pl.DataFrame(schema={**dict.fromkeys(ITEM, pl.String), "demand_mean": pl.Float64, "demand_sd": pl.Float64})
    told = (rates if forecast is None else forecast[1].items).select(*ITEM, forecast_mean="demand_mean", forecast_sd="demand_sd")
    described = supply(known, purchases(db), policy).join(told, on=ITEM, how="left", maintain_order="left")
    described = described.with_columns(abc=pl.Series(classes), batch=pl.col("hash").fill_null(0) % batches)
    return _with_terms(db, described, policy, span["until"], forecast[0] if forecast else None), batches


def _with_terms(db: Connection, items: pl.DataFrame, policy: Planning, as_of: date, forecast_id: int | None) -> pl.DataFrame:
    """With what an item is bought for, and by which policy; nothing is read where the configuration has neither."""
    asked = policy.replenishment
    if not asked.suppliers and not asked.policies:
        return items
    whole = with_policies(_with_costs(db, items, policy), asked.policies)
    if whole["season_ends"].null_count() == whole.height:
        return whole
    weeks: frames.Columns = {**dict.fromkeys(ITEM, pl.String), "week_start": pl.Date, "mean": pl.Float64}
    return with_season(whole, frames.read(db, WEEKS.format(forecast_id=forecast_id or 0), weeks), as_of)


def _with_costs(db: Connection, items: pl.DataFrame, policy: Planning) -> pl.DataFrame:
    """With the terms that an item is bought on (money in the base currency), its category and its price."""
    products = frames.read(db, PRODUCTS, PRODUCT_COLUMNS)
    whole = with_terms(items.join(products, on="sku", how="left", maintain_order="left"), policy.replenishment.suppliers)
    return whole.with_columns(pl.col("unit_cost", "order_cost").cast(pl.Float64) / UNIT)


def _history(db: Connection, items: pl.DataFrame, as_of: date, where: dict[str, object]) -> Floats:
    demand = frames.read(db, SOLD.format(**where), SOLD_COLUMNS)
    moves = frames.read(db, MOVES.format(**where), {**dict.fromkeys(ITEM, pl.String), "day": pl.Date, "moved": pl.Int64})
    return history_of(items, demand, as_of, LONGEST, sold_out_days(moves, as_of - timedelta(days=1)))
