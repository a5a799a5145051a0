"""Worlds drawn from what a company's demand looks like: negative binomial days with seasons, drift, promotions and spikes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.world import World

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Demand:
    """`mean` (C, F, S): pieces a day. `k`: the negative binomial's size, variance = mean + mean^2 / k. `weekday` (C, 7): factors
    with mean 1, day 0 first. `yearly`: how far the season swings the mean. `drift`: standard deviation of the log of an item's
    level over a year, a random walk. `promotions` a year an item and channel, each of `promotion_days` with `promotion_lift`
    expected, true lift lognormal around it with `lift_sd`. `spikes` a year an item and channel, unplanned, one day at
    `spike_lift`. `festival`: each 90 days the channels marked in `festive` (C) sell `festival_lift` times as much for
    `festival_days`, known before."""

    mean: Floats
    weekday: Floats
    festive: NDArray[np.bool_]
    k: float = 2.0
    yearly: float = 0.25
    drift: float = 0.3
    promotions: float = 4.0
    promotion_days: int = 7
    promotion_lift: float = 3.0
    lift_sd: float = 0.35
    spikes: float = 4.0
    spike_lift: float = 2.5
    festival_days: int = 4
    festival_lift: float = 4.0


@dataclass(frozen=True, slots=True)
class Supply:
    """`lead_mean`, `lead_sd` (F, S) days of a gamma distribution; `short_share` of the orders bring less, 50 to 100 % of what was
    ordered; the first morning finds `cover_days` of mean demand on hand."""

    lead_mean: Floats
    lead_sd: Floats
    short_share: float = 0.10
    cover_days: float = 45.0


def draw(demand: Demand, supply: Supply, days: int, warmup: int, seed: int) -> World:
    """One world; the same seed gives the same one. Items are the SKUs of `demand`, all one unit."""
    made = np.random.default_rng([seed, 20])
    channels, facilities, items = demand.mean.shape
    total = warmup + days
    calendar, true = _promotions(made, demand, total)
    level = np.exp(np.cumsum(made.normal(0, demand.drift / 365**0.5, (total, 1, items)), axis=0))
    phase = made.uniform(0, 2 * np.pi, (1, 1, items))
    turn = 2 * np.pi * np.arange(total)[:, None, None] / 365
    season = 1 + demand.yearly * np.sin(turn + phase)
    week = demand.weekday[:, np.arange(total) % 7].T[:, :, None]
    spike = np.where(made.random((total, channels, items)) < demand.spikes / 365, demand.spike_lift, 1.0)
    usual = level * season * week
    mean = (usual * true * spike).astype(np.float32)[:, :, None, :] * demand.mean.astype(np.float32)
    asked = made.poisson(mean * made.standard_gamma(demand.k, mean.shape).astype(np.float32) / demand.k)
    supplied = np.random.default_rng([seed, 21])
    lead = gamma_days(supplied, supply.lead_mean, supply.lead_sd, total)
    short = supplied.random((total, facilities, items))
    comes = np.where(short < supply.short_share, 0.5 + 0.5 * short / max(1e-9, supply.short_share), 1.0)
    at_first = demand.mean * (usual[0] / week[0])[:, None, :]
    return World(
        demand=asked.astype(np.int32),
        lift=calendar.astype(np.float32),
        lead=lead,
        comes=comes.astype(np.float32),
        on_hand=np.ceil(at_first.sum(axis=0) * supply.cover_days).astype(np.int64),
        arrivals=np.zeros((total, facilities, items), np.int32),
        rate=at_first.astype(np.float32),
        spread=np.sqrt((at_first + at_first**2 / demand.k).sum(axis=0)).astype(np.float32),
        lead_mean=supply.lead_mean.astype(np.float32),
        lead_sd=supply.lead_sd.astype(np.float32),
        world=np.zeros(items, np.int64),
        unit=np.zeros(items, np.int64),
        warmup=warmup,
    )


def gamma_days(made: np.random.Generator, mean: Floats, sd: Floats, days: int) -> NDArray[np.int16]:
    """Lead times (days, F, S) of a gamma distribution, whole days, at least 1 and at most a year."""
    drawn = made.standard_gamma((mean / sd) ** 2, (days, *mean.shape)) * sd**2 / mean
    return np.clip(np.round(drawn), 1, 365).astype(np.int16)


def _promotions(made: np.random.Generator, demand: Demand, total: int) -> tuple[Floats, Floats]:
    """(T, C, S): the lift that the calendar says, and the true one, whose size is drawn anew for each promotion."""
    channels, _, items = demand.mean.shape
    shape = (total, channels, items)
    starts = made.random(shape) < demand.promotions / 365
    size = demand.promotion_lift * np.exp(made.normal(-(demand.lift_sd**2) / 2, demand.lift_sd, shape))
    said, came = np.ones(shape), np.ones(shape)
    for day in range(demand.promotion_days):
        running = np.zeros_like(starts)
        running[day:] = starts[: total - day]
        said[running] = demand.promotion_lift
        came = np.where(running, np.roll(size, day, axis=0), came)
    festival = np.where((np.arange(total) % 90 >= 90 - demand.festival_days)[:, None], demand.festive[None, :], False)
    of_channel = np.where(festival, demand.festival_lift, 1.0)[:, :, None]
    drawn = np.exp(made.normal(-(demand.lift_sd**2) / 2, demand.lift_sd, (total // 90 + 1, channels, 1)))
    came_of_channel = np.where(festival[:, :, None], of_channel * drawn[np.arange(total) // 90], 1.0)
    return said * of_channel, came * came_of_channel
