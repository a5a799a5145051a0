"""Worlds from a company's own records: the last days again, with supply drawn anew, or days to come, drawn after its demand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from sluice.planning.twin.drawn import Demand, Supply, draw, gamma_days
from sluice.planning.twin.history import Floats, Integers, Records, by_day, pace, shelves
from sluice.planning.twin.world import World

COVER = 45
"""Days of demand that a facility starts with where nobody counts its stock."""
FEWEST = 1e-3
"""Standard deviation of a lead time, days, where none is known: a gamma distribution needs one."""


def replayed(records: Records, days: int, seed: int) -> World:
    """The last `days` of demand as they were, from that morning's stock, with what was on order then; lead times are drawn.

    Every SKU is a unit. ValueError where the records are not longer than `days`.
    """
    if len(records.asked) <= days:
        had = len(records.asked)
        raise ValueError(f"{days} days can't be replayed: there are {had} days of orders, and some must come before")
    before, asked = records.asked[:-days], records.asked[-days:]
    rate, spread = pace(before)
    since = records.until - timedelta(days=days)
    on_order = records.supply.filter(pl.col("ordered_on") < since)
    drawn = np.random.default_rng([seed, 22])
    return World(
        demand=asked.astype(np.int32),
        lift=np.ones((days, asked.shape[1], asked.shape[3]), np.float32),
        lead=gamma_days(drawn, records.lead_mean, np.maximum(FEWEST, records.lead_sd), days),
        comes=np.ones((days, *records.stock.shape), np.float32),
        on_hand=_opening(records, records.stood[-days - 1], rate),
        arrivals=by_day(on_order, "received_on", "received", shelves(records), since, days).astype(np.int32),
        rate=rate.astype(np.float32),
        spread=spread.astype(np.float32),
        lead_mean=records.lead_mean.astype(np.float32),
        lead_sd=records.lead_sd.astype(np.float32),
        world=np.zeros(len(records.skus), np.int64),
        unit=np.arange(len(records.skus)),
        warmup=0,
    )


def as_received(records: Records, days: int) -> World:
    """The last `days` with all that came as it came, for a comparison with what happened."""
    world = replayed(records, days, 0)
    return replace(world, arrivals=records.received[-days:].astype(np.int32))


def ahead(records: Records, days: int, seed: int) -> World:
    """The next `days`, drawn: stock as it is now, what is on order arrives as expected."""
    rate, spread = pace(records.asked)
    supply = Supply(records.lead_mean, np.maximum(FEWEST, records.lead_sd), short_share=0.0)
    world = draw(fitted(records.asked), supply, days, 0, seed)
    arrivals = np.zeros((days, *records.stock.shape), np.int32)
    reach = min(days, len(records.coming))
    arrivals[:reach] = records.coming[:reach]
    return replace(
        world,
        on_hand=_opening(records, records.stock, rate),
        arrivals=arrivals,
        rate=rate.astype(np.float32),
        spread=spread.astype(np.float32),
        unit=np.arange(len(records.skus)),
    )


def fitted(asked: Integers) -> Demand:
    """A Demand like `asked` (days, C, F, S): means by cell, weekdays by channel, one dispersion by the method of moments.

    Records don't say what was promoted, so there are no promotions, spikes or seasons: their effect is in the dispersion.
    """
    mean, _ = pace(asked)
    days, channels = asked.shape[:2]
    by_channel = asked.sum(axis=(2, 3)).astype(np.float64)
    week = np.ones((channels, 7))
    if days >= 28:
        whole = days // 7 * 7
        # counted from the last day: the day after it is day 0 of what is drawn
        of_day = by_channel[-whole:].reshape(-1, 7, channels).sum(axis=0).T
        usual = of_day.mean(axis=1, keepdims=True)
        week = np.where(usual > 0, of_day / np.maximum(1e-9, usual), 1.0)
    centre = asked.mean(axis=0)
    beyond = ((asked - centre) ** 2).mean(axis=0) - centre
    size = float((centre**2).sum() / max(1e-9, beyond.sum()))
    nothing = np.zeros(channels, bool)
    return Demand(
        mean=mean, weekday=week, festive=nothing, k=float(np.clip(size, 0.05, 50.0)), yearly=0, drift=0, promotions=0, spikes=0
    )


def _opening(records: Records, stood: Integers, rate: Floats) -> Integers:
    """Stock where it is counted; elsewhere some weeks of demand, so that a scenario can be judged at all."""
    guessed = np.ceil(rate.sum(axis=0) * COVER).astype(np.int64)
    return np.where(records.counted[:, None], stood, guessed)
