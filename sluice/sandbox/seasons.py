"""When people buy: a fixed calendar of years, weekdays, hours and promotions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from sluice.sandbox.draws import HOUR, Floats, Ints

AS_OF = datetime(2026, 10, 31, 16, tzinfo=UTC)
"""The sandbox's present until its clock is advanced: midnight in Shanghai, before the shopping season."""
START = AS_OF - timedelta(days=540)
END = AS_OF + timedelta(days=60)
"""The last moment that the world knows. Clocks stop here."""
FIRST_SECOND = int(START.timestamp())
NOW_SECOND = int(AS_OF.timestamp())
LAST_SECOND = int(END.timestamp())


@dataclass(frozen=True, slots=True)
class Promotion:
    """Days of the year (month, day; both ends included) on which a kind of shop sells `lift` times as much at `percent` off."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    percent: int
    lift: dict[str, float]

    def holds(self, day: date) -> bool:
        return self.first <= (day.month, day.day) <= self.last


PROMOTIONS = (
    Promotion("618", (6, 1), (6, 20), 15, {"marketplace": 2.4, "own_shop": 1.0, "store": 1.3}),
    Promotion("SUMMER", (7, 10), (7, 24), 12, {"marketplace": 1.1, "own_shop": 1.7, "store": 1.2}),
    Promotion("DOUBLE 11", (11, 1), (11, 11), 20, {"marketplace": 3.0, "own_shop": 1.1, "store": 1.4}),
    Promotion("BLACK FRIDAY", (11, 24), (12, 1), 25, {"marketplace": 1.0, "own_shop": 3.2, "store": 1.0}),
)
PEAKS = {(6, 18): 2.0, (11, 11): 2.6}
"""Further lift of the marketplace's great days."""
WEEKDAYS = {
    "own_shop": (0.96, 0.95, 0.95, 0.97, 1.0, 1.06, 1.11),
    "marketplace": (1.0, 0.98, 0.98, 0.98, 0.99, 1.03, 1.04),
    "store": (0.78, 0.76, 0.8, 0.85, 1.05, 1.45, 1.31),
}
HOURS = {
    "own_shop": (3, 2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 8, 7, 7, 7, 7, 7, 8, 9, 10, 9, 7, 5),
    "marketplace": (5, 2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 7, 7, 7, 7, 7, 6, 6, 6, 8, 10, 11, 11, 8),
    "store": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 6, 7, 6, 7, 8, 8, 8, 9, 10, 9, 6, 0, 0),
}
"""Sales by hour of the shop's own clock; the store is open from ten to ten."""


def hourly(kind: str, timezone: str, rng: np.random.Generator) -> Floats:
    """How busy a shop of this kind is in each hour from START to END."""
    hours = pl.datetime_range(START, END, "1h", closed="left", time_zone="UTC", eager=True)
    local = hours.dt.convert_time_zone(timezone)
    days = local.dt.date().unique(maintain_order=True)
    busy = {day: _daily(kind, day, noise) for day, noise in zip(days, rng.lognormal(0, 0.1, len(days)), strict=True)}
    by_day = local.dt.date().replace_strict(list(busy), list(busy.values()), return_dtype=pl.Float64).to_numpy()
    by_hour = np.array(HOURS[kind], dtype=float)[local.dt.hour().to_numpy()]
    return np.asarray(by_day * by_hour, dtype=float)


def _daily(kind: str, day: date, noise: float) -> float:
    year = 1 + 0.16 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 335) / 365)
    growth = 1 + 0.2 * (day - START.date()).days / 365
    lift = max([1.0, *(promotion.lift[kind] for promotion in PROMOTIONS if promotion.holds(day))])
    if kind == "marketplace":
        lift *= PEAKS.get((day.month, day.day), 1.0)
    if kind != "own_shop" and (2, 8) <= (day.month, day.day) <= (2, 22):
        lift *= 0.55  # the Spring Festival: couriers rest
    return float(year * growth * lift * WEEKDAYS[kind][day.weekday()] * noise)


def arrivals(rng: np.random.Generator, busy: Floats, first: int, last: int, size: int) -> Ints:
    """`size` moments in [first, last), as dense as the shop is busy. Both ends are whole hours."""
    skip, stop = (first - FIRST_SECOND) // HOUR, (last - FIRST_SECOND) // HOUR
    reach = np.cumsum(busy[skip:stop])
    hour = np.searchsorted(reach, rng.random(size) * reach[-1], side="right")
    hours: Ints = np.minimum(hour, len(reach) - 1).astype(np.int64)
    return first + hours * HOUR + rng.integers(0, HOUR, size)


def promotion_on(moment: Ints, timezone: str) -> Ints:
    """Which promotion runs at each moment by the shop's own date: position in PROMOTIONS, -1 for none."""
    local = pl.Series(moment * 1_000_000).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
    key = local.dt.month().cast(pl.Int64).to_numpy() * 100 + local.dt.day().to_numpy()
    running = np.full(len(moment), -1, dtype=np.int64)
    for position, promotion in enumerate(PROMOTIONS):
        low, high = promotion.first[0] * 100 + promotion.first[1], promotion.last[0] * 100 + promotion.last[1]
        running[(key >= low) & (key <= high)] = position
    return running
