"""Would protection have earned more than a fixed percent? Held-out weeks of a company's own orders, split three ways.

Each week starts with the stock of its first morning and what is known by then; nothing is ordered. What is compared is only the
split: a fixed percent of the stock at a facility for each channel, in proportion to what it sold there before; a pool that
everybody sees; and a pool whose last pieces are protected for better channels, re-solved every morning for the rest of the week
(EMSR-b).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.classes import classify
from sluice.planning.twin.history import Floats, Integers, Records, pace
from sluice.planning.twin.own import COVER
from sluice.planning.twin.scenario import Ordering, Scenario
from sluice.planning.twin.simulate import Company, simulate
from sluice.planning.twin.world import World, side_by_side

WEEK = 7
BEFORE = 56
"""Days that a week's expectation looks back."""
DRAWS = 2000
FEWEST = 10
"""SKUs. An interval that is drawn from fewer says nothing, and the fixed percent stays."""
SPLITS = ("percent", "pool", "nested")


@dataclass(frozen=True, slots=True)
class Came:
    """What a split came to over all weeks, by SKU (S): money earned, pieces refused, and pieces left at the end of a week in
    which the same SKU was refused to somebody."""

    margin: Floats
    lost: Floats
    stranded: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class of SKUs. `gain`: what `pool` and `nested` earned more than the fixed percent, with the 95 % interval of it."""

    kind: str
    skus: int
    margin: dict[str, float]
    lost: dict[str, int]
    stranded: dict[str, int]
    gain: dict[str, tuple[float, float, float]]
    keep: str


def backtest(records: Records, company: Company, margin: Floats, weeks: int, stock: float | None = None) -> dict[str, Came]:
    """Each of SPLITS over the last `weeks` weeks. `margin` (C, S): money a piece earns. `stock` replaces each week's stock by so
    many times what was expected of the week. ValueError where too little comes before the first week."""
    had = len(records.asked)
    if had < weeks * WEEK + WEEK:
        raise ValueError(f"{weeks} weeks can't be held out of {had} days of orders: some must come before them")
    worlds = [_week(records, had - WEEK * (number + 1), stock) for number in range(weeks)]
    world = side_by_side(worlds, by_item=True)
    ordering = Ordering(rule="none", every_days=WEEK)
    scenarios = [Scenario(name=name, allocation=name, sourcing="own", ordering=ordering) for name in SPLITS]
    earned = np.tile(margin, (1, weeks))
    units = world.unit
    came = {}
    for name, tally in zip(SPLITS, simulate(world, scenarios, company, keep_days=True), strict=True):
        refused = tally.daily["refused_by"].sum(axis=0)
        sold = world.demand.sum(axis=(0, 2)) - refused
        left = tally.daily["stock"][-1].sum(axis=0)
        came[name] = Came(
            margin=_by(units, (sold * earned).sum(axis=0)),
            lost=_by(units, refused.sum(axis=0)),
            stranded=_by(units, np.minimum(left, refused.sum(axis=0))),
        )
    return came


def _by(units: NDArray[np.integer], numbers: NDArray[np.number]) -> Floats:
    return np.bincount(units, numbers).astype(np.float64)


def _week(records: Records, start: int, stock: float | None) -> World:
    """Seven days from `start` on, as that morning knew them."""
    rate, spread = pace(records.asked[max(0, start - BEFORE) : start])
    usual = rate.sum(axis=0)
    guessed = np.ceil(usual * COVER).astype(np.int64)
    opening: Integers = np.where(records.counted[:, None], records.stood[start - 1], guessed)
    arrivals = records.received[start : start + WEEK]
    if stock is not None:
        opening, arrivals = np.round(stock * WEEK * usual).astype(np.int64), np.zeros_like(arrivals)
    channels, items = records.asked.shape[1], len(records.skus)
    # nothing is ordered, so the end of the week is the horizon: lead times are none
    none = np.zeros(opening.shape, np.float32)
    return World(
        demand=records.asked[start : start + WEEK].astype(np.int32),
        lift=np.ones((WEEK, channels, items), np.float32),
        lead=np.ones((WEEK, *opening.shape), np.int16),
        comes=np.ones((WEEK, *opening.shape), np.float32),
        on_hand=opening,
        arrivals=arrivals.astype(np.int32),
        rate=rate.astype(np.float32),
        spread=spread.astype(np.float32),
        lead_mean=none,
        lead_sd=none,
        world=np.zeros(items, np.int64),
        unit=np.arange(items),
        warmup=0,
    )


def classes(records: Records, weeks: int) -> list[str]:
    """The demand class of each SKU over the whole weeks before the last `weeks`, by the cuts of the forecast."""
    total = records.asked[: len(records.asked) - weeks * WEEK].sum(axis=(1, 2)).T
    whole = total.shape[1] // WEEK
    weekly = total[:, total.shape[1] - whole * WEEK :].reshape(len(total), whole, WEEK).sum(axis=2).astype(np.float64)
    first = np.where(weekly.any(axis=1), (weekly > 0).argmax(axis=1), whole)
    return [str(name) for name in classify(weekly, first).name]


def verdicts(came: dict[str, Came], kinds: Sequence[str], seed: int = 0) -> list[Verdict]:
    """One for each class that sold, and one for all; intervals by drawing SKUs again."""
    of = np.array(kinds)
    made = [_verdict(came, kind, of == kind, seed) for kind in sorted(set(kinds))]
    return [*made, _verdict(came, "all", np.ones(len(of), bool), seed)]


def _verdict(came: dict[str, Came], kind: str, inside: NDArray[np.bool_], seed: int) -> Verdict:
    picked = {name: Came(one.margin[inside], one.lost[inside], one.stranded[inside]) for name, one in came.items()}
    count = int(inside.sum())
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)

    def gain(one: str, other: str) -> tuple[float, float, float]:
        more = picked[one].margin - picked[other].margin
        low, high = np.percentile(weights @ more, [2.5, 97.5])
        return float(more.sum()), float(low), float(high)

    gains = {name: gain(name, "percent") for name in ("pool", "nested")}
    keep = "percent"
    if count >= FEWEST and gains["pool"][1] > 0:
        keep = "pool"
    if count >= FEWEST and gains["nested"][1] > 0 and (keep == "percent" or gain("nested", "pool")[1] > 0):
        keep = "nested"
    return Verdict(
        kind=kind,
        skus=count,
        margin={name: float(one.margin.sum()) for name, one in picked.items()},
        lost={name: int(one.lost.sum()) for name, one in picked.items()},
        stranded={name: int(one.stranded.sum()) for name, one in picked.items()},
        gain=gains,
        keep=keep,
    )
