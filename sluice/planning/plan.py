"""The nightly plan: from demand, lead times and stock to safety stock, the split of every item's stock, and quotas."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from sluice.config import Planning
from sluice.planning.demand import CHANNEL, ITEM, channel_rates, demand_rates
from sluice.planning.expected import Expected, preferred
from sluice.planning.policy import terms
from sluice.planning.position import PROMISED, positions
from sluice.planning.replan import Basis, replan
from sluice.planning.safety_stock import pieces, protection_sd, reorder_point, safety_stock


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


def plan(
    demand: pl.DataFrame,
    lead_times: pl.DataFrame,
    stock_position: pl.DataFrame,
    policy: Planning,
    as_of: date,
    forecast: Expected | None = None,
) -> Plan:
    """Plan every (facility, sku) that has stock or sold in the policy's history before `as_of`.

    `demand` is the mart demand_daily, `lead_times` comes from lead_time.lead_times, `stock_position` is as position.positions
    takes it. Demand is that of `forecast`, and of history for items that it doesn't have. An item whose stock isn't known gets
    safety stock and a basis, and is not split: nothing is published for it.
    """
    history = Expected(demand_rates(demand, as_of, policy.history_days), channel_rates(demand, as_of, policy.history_days))
    rates = preferred(forecast, history)
    stock = positions(stock_position).collect()
    items = _items(stock, history.items)
    safety = _safety(items, rates.items, lead_times, policy)
    basis = _basis(items, rates.channels, policy)
    everywhere = items.join(stock, on=ITEM, how="left").with_columns(
        pl.col("on_hand", *PROMISED).fill_null(0), pl.col("is_known").fill_null(True)
    )
    made = replan(everywhere, Basis(safety, basis), policy)
    return Plan(safety, made.stock_plan, made.quotas, basis)


def _items(stock: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    known = [frame.select(pl.col(ITEM).cast(pl.String)) for frame in (stock, rates)]
    return pl.concat(known).unique().sort(ITEM)


def _safety(items: pl.DataFrame, rates: pl.DataFrame, lead_times: pl.DataFrame, policy: Planning) -> pl.DataFrame:
    known = (
        items.join(rates, on=ITEM, how="left")
        .join(lead_times, on="sku", how="left")
        .sort(ITEM)
        .select(
            *ITEM,
            pl.col("demand_mean").fill_null(0.0),
            pl.col("demand_sd").fill_null(0.0),
            pl.col("lead_time_mean_days").fill_null(policy.lead_time_days),
            pl.col("lead_time_sd_days").fill_null(policy.lead_time_sd_days),
            service_level=pl.lit(policy.service_level),
            method=pl.format("normal demand and lead time, lead time by {}", pl.col("lead_time_source").fill_null("policy")),
        )
    )
    mean, sd, lead, lead_sd = (
        known[name].to_numpy() for name in ("demand_mean", "demand_sd", "lead_time_mean_days", "lead_time_sd_days")
    )
    safety = safety_stock(protection_sd(mean, sd, lead, lead_sd, policy.review_period_days), policy.service_level)
    return known.with_columns(
        safety_stock=pl.Series(pieces(safety), dtype=pl.Int64),
        reorder_point=pl.Series(pieces(reorder_point(mean, lead, safety)), dtype=pl.Int64),
    )


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
