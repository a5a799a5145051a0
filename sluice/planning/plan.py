"""The nightly plan: from levels, demand and stock to the split of every item's stock, and quotas."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from sluice.planning.demand import CHANNEL, ITEM, channel_rates, demand_rates
from sluice.planning.expected import Expected, preferred
from sluice.planning.policy import terms
from sluice.planning.position import PROMISED, positions
from sluice.planning.replan import Basis, replan
from sluice.planning_policy import Planning


@dataclass(frozen=True, slots=True)
class Plan:
    """Frames with the columns of the tables in schema planning, in their order, without run_id.

    `basis` (facility_id, sku, channel, shop, expected, spread) is what a decision between two plans reuses, with `safety_stock`:
    for every item and shop the demand expected over horizon_days and its standard deviation, in pieces.
    """

    safety_stock: pl.DataFrame
    stock_plan: pl.DataFrame
    quotas: pl.DataFrame
    basis: pl.DataFrame


def plan(levels: pl.DataFrame, by_channel: pl.DataFrame, stock_position: pl.DataFrame, policy: Planning) -> Plan:
    """Plan every item of `levels` (stock_levels.py), which are those that have stock or are expected to sell.

    `by_channel` is Expected.channels, `stock_position` is as position.positions takes it. An item whose stock isn't known gets
    safety stock and a basis, and is not split: nothing is published for it.
    """
    stock, safety = positions(stock_position).collect(), levels.sort(ITEM)
    items = safety.select(ITEM)
    basis = _basis(items, by_channel, policy)
    everywhere = items.join(stock, on=ITEM, how="left").with_columns(
        pl.col("on_hand", *PROMISED).fill_null(0), pl.col("is_known").fill_null(True)
    )
    made = replan(everywhere, Basis(safety, basis), policy)
    return Plan(safety, made.stock_plan, made.quotas, basis)


def expected_demand(demand: pl.DataFrame, policy: Planning, as_of: date, forecast: Expected | None = None) -> Expected:
    """Demand a day of the items that the forecast has, and of the others that of their history. `demand` is the mart
    demand_daily."""
    history = Expected(demand_rates(demand, as_of, policy.history_days), channel_rates(demand, as_of, policy.history_days))
    return preferred(forecast, history)


def items_of(stock_position: pl.DataFrame, rates: Expected) -> pl.DataFrame:
    """(facility_id, sku), sorted: what has a stock position or is expected to sell."""
    known = [frame.select(pl.col(ITEM).cast(pl.String)) for frame in (stock_position, rates.items)]
    return pl.concat(known).unique().sort(ITEM)


def _basis(items: pl.DataFrame, by_channel: pl.DataFrame, policy: Planning) -> pl.DataFrame:
    """One row an item and shop, item by item, with the demand expected over the horizon."""
    named = [(shop.channel, shop.shop) for shop in terms(policy, by_channel.select(CHANNEL).unique().iter_rows())]
    shops = pl.DataFrame(named, schema=dict.fromkeys(CHANNEL, pl.String), orient="row")
    days = policy.horizon_days
    return (
        items.join(shops, how="cross")
        .join(by_channel, on=ITEM + CHANNEL, how="left")
        .sort(ITEM + CHANNEL)
        .select(
            *ITEM,
            *CHANNEL,
            expected=pl.col("demand_mean").fill_null(0.0) * days,
            spread=pl.col("demand_sd").fill_null(0.0) * days**0.5,
        )
    )
