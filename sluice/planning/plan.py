"""The nightly plan: from demand, lead times and stock to safety stock, the split of every item's stock, and quotas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.config import Planning
from sluice.planning.demand import CHANNEL, ITEM, channel_rates, demand_rates
from sluice.planning.policy import Rule, rules
from sluice.planning.quotas import Allocation, Channels, Stock, allocate
from sluice.planning.safety_stock import pieces, protection_sd, reorder_point, safety_stock

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """Frames with the columns of the tables in schema planning, in their order, without run_id."""

    safety_stock: pl.DataFrame
    stock_plan: pl.DataFrame
    quotas: pl.DataFrame


def plan(demand: pl.DataFrame, lead_times: pl.DataFrame, stock_position: pl.DataFrame, policy: Planning, as_of: date) -> Plan:
    """Plan every (facility, sku) that has stock or sold in the policy's history before `as_of`.

    `demand` is the mart demand_daily, `lead_times` comes from lead_time.lead_times, `stock_position` is the mart of that name.
    """
    rates = demand_rates(demand, as_of, policy.history_days)
    by_channel = channel_rates(demand, as_of, policy.history_days)
    items = _items(stock_position, rates)
    safety = _safety(items, rates, lead_times, policy)
    stock = _stock(items, stock_position, safety["safety_stock"].to_numpy())
    terms = rules(policy, by_channel.select(CHANNEL).unique().iter_rows())
    grid = _grid(items, by_channel, terms, policy.horizon_days)
    channels = _channels(grid, items.height, terms)
    made = allocate(stock, channels, policy.pool_share)
    return Plan(safety, _stock_plan(items, stock, made), _quotas(grid, channels, made))


def _items(stock_position: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    known = [frame.select(pl.col(ITEM).cast(pl.String)) for frame in (stock_position, rates)]
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


def _stock(items: pl.DataFrame, stock_position: pl.DataFrame, buffer: Integers) -> Stock:
    """A presale that incoming stock will fill claims only what is free on hand; what it can't fill is promised like an order."""
    names = ("on_hand", "committed", "presale_reserved", "incoming_quantity")
    position = stock_position.select(pl.col(ITEM).cast(pl.String), *(pl.col(name).cast(pl.Int64) for name in names))
    known = items.join(position, on=ITEM, how="left").sort(ITEM).fill_null(0)
    on_hand, committed, presale, incoming = (known[name].to_numpy() for name in names)
    free = np.maximum(0, on_hand - committed)
    held = np.maximum(np.minimum(presale, free), presale - incoming)
    return Stock(on_hand, committed, held, buffer)


def _grid(items: pl.DataFrame, by_channel: pl.DataFrame, terms: Sequence[Rule], horizon_days: int) -> pl.DataFrame:
    """One row an item and shop, item by item, with the demand expected over the horizon."""
    fields = {"channel": pl.String, "shop": pl.String, "priority": pl.Int64}
    shops = pl.DataFrame([(rule.channel, rule.shop, rule.priority) for rule in terms], schema=fields, orient="row")
    return (
        items.join(shops, how="cross")
        .join(by_channel, on=ITEM + CHANNEL, how="left")
        .sort(ITEM + CHANNEL)
        .with_columns(
            expected=pl.col("demand_mean").fill_null(0.0) * horizon_days,
            spread=pl.col("demand_sd").fill_null(0.0) * horizon_days**0.5,
        )
    )


def _channels(grid: pl.DataFrame, rows: int, terms: Sequence[Rule]) -> Channels:
    shape = (rows, len(terms))
    mean, sd = grid["expected"].to_numpy().reshape(shape), grid["spread"].to_numpy().reshape(shape)
    wanted = pieces(mean)
    given = [-1 if rule.isolation is None else rule.isolation for rule in terms]
    isolation = np.where(np.array(given, np.int64) < 0, wanted, np.array(given, np.int64))

    def each_row(numbers: list[int]) -> Integers:
        return np.broadcast_to(np.array(numbers, np.int64), shape)

    return Channels(
        value=np.broadcast_to(np.array([rule.value for rule in terms], np.float64), shape),
        demand_mean=mean,
        demand_sd=sd,
        floor=each_row([rule.floor for rule in terms]),
        cap=each_row([rule.cap for rule in terms]),
        isolation=isolation,
    )


def _stock_plan(items: pl.DataFrame, stock: Stock, made: Allocation) -> pl.DataFrame:
    return items.with_columns(
        on_hand=stock.on_hand,
        safety_stock=made.buffer,
        presale_reserve=stock.presale,
        committed=stock.committed,
        quota_total=made.quota.sum(axis=1),
        shared_pool=made.pool,
        oversold=made.oversold,
    )


def _quotas(grid: pl.DataFrame, channels: Channels, made: Allocation) -> pl.DataFrame:
    """`rule` tells a planner why: what was wanted, what was set apart, what of the pool is kept for better channels."""
    told = grid.select(*ITEM, *CHANNEL, "priority", "expected", "spread").with_columns(
        quota=made.quota.ravel(),
        published=made.published.ravel(),
        protected=made.protected.ravel(),
        pool=np.repeat(made.pool, channels.value.shape[1]),
        floor=channels.floor.ravel(),
        isolation=channels.isolation.ravel(),
    )
    return told.select(
        *ITEM,
        *CHANNEL,
        "quota",
        "published",
        rule=pl.format(
            "priority {}: expects {} ± {}, floor {}, set apart up to {}; pool {}, {} of it kept for better channels",
            "priority",
            pl.col("expected").round(1),
            pl.col("spread").round(1),
            "floor",
            "isolation",
            "pool",
            pl.min_horizontal("protected", "pool"),
        ),
    )
