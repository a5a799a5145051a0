"""What service a method would have kept on the demand that was, and with how much stock: a rolling simulation.

Every method reviews the same items on the same days, sees the days before and no others, and its orders take the same lead times.
The calibrated method finds its quantiles anew every few reviews from what it has seen until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.planning.forecasting.conformal import trailing
from sluice.planning.inventory import policies, reaching
from sluice.planning.inventory.choose import choose
from sluice.planning.inventory.levels import (
    CYCLE_SERVICE_LEVEL,
    FILL_RATE,
    Flags,
    Floats,
    Integers,
    Supply,
    Target,
    cover,
    mean_and_sd,
    normal,
)
from sluice.planning.inventory.ordering import Levels, Sized, filled
from sluice.planning.inventory.rolling import Kept, Rule, keep

CHOSEN, NORMAL = "chosen", "normal formula"
COVERS = (30, 45)
"""Days of cover of the rules of thumb that stand beside."""
FORMULA_DAYS = 180
"""Days that the normal formula takes its mean and standard deviation from."""
TUNE_EVERY = 4
"""Reviews."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played: `history` (items, days), from day `start` on, by one of policies.py; costs are not known where left out.
    `rows`: items that count, all where left out; the others tell of errors only."""

    history: Floats
    supply: Supply
    target: Target
    start: int
    lost_sales: bool = False
    policy: str = policies.PERIODIC
    costs: policies.Costs | None = None
    rows: Flags | None = None

    @property
    def held_to(self) -> Target:
        return policies.held_to(self.policy, self.target, self._costs)

    @property
    def sized(self) -> Sized | None:
        one = np.ones(len(self.history))
        return policies.sizes(self.policy, self.supply.review, self._costs, one, one)

    @property
    def _costs(self) -> policies.Costs:
        return self.costs or policies.nothing_known(len(self.history))


def backtest(setting: Setting, classes: Sequence[str], seed: int = 1) -> pl.DataFrame:
    """One row a method, kind of target and class, and their `all`: items, target, achieved, fill_rate, cycle_service_level,
    stock, lines; of the setting's `rows`.

    `achieved` is the service of the target's kind (the class's items may have several targets: `target` is their mean, weighed as
    the service is). `stock` is the mean number of pieces on hand, `lines` the orders placed. `classes` (items) are names.
    """
    rows = []
    for name, method in _methods(setting).items():
        arrivals = _arrivals(setting, method.review, seed)
        made = keep(setting.history, setting.start, method.rule, arrivals, method.review, setting.lost_sales, method.in_lots)
        rows += _account(name, made, setting, np.asarray(classes))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


COLUMNS = {
    "method": pl.String,
    "target_kind": pl.String,
    "demand_class": pl.String,
    "items": pl.Int64,
    "target": pl.Float64,
    "achieved": pl.Float64,
    "fill_rate": pl.Float64,
    "cycle_service_level": pl.Float64,
    "stock": pl.Float64,
    "lines": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class _Method:
    """How a method orders, every so many days, and whether it orders in lots."""

    rule: Rule
    review: int
    in_lots: bool = False


def _methods(setting: Setting) -> dict[str, _Method]:
    supply, review = setting.supply, policies.review(setting.policy, setting.supply.review)
    daily, target = Supply(supply.lead_time, supply.lead_time_sd, review), setting.held_to

    def formula(day: int) -> Levels:
        mean, sd = mean_and_sd(setting.history[:, max(0, day - FORMULA_DAYS) : day])
        lots = setting.sized and setting.sized(mean)
        return policies.levels(normal(mean, sd, daily, target, lots.quantity if lots else None), lots)

    def thumb(days: int) -> Rule:
        return lambda day: filled(cover(setting.history[:, :day], days))

    in_lots = setting.policy in policies.IN_LOTS
    methods = {CHOSEN: _Method(_Chosen(setting, daily), review, in_lots), NORMAL: _Method(formula, review, in_lots)}
    return methods | {f"{days} days of cover": _Method(thumb(days), supply.review) for days in COVERS}


class _Chosen:
    """As replenishment sets its levels; of policies that look every day, each so many days anew."""

    def __init__(self, setting: Setting, supply: Supply) -> None:
        self.setting, self.supply = setting, supply
        self.reached: reaching.Reached = {}
        self.calls = 0
        self.levels: Levels | None = None

    def __call__(self, day: int) -> Levels:
        one, every = self.setting, max(1, self.setting.supply.review // self.supply.review)
        if self.levels is None or (day - one.start) % (every * self.supply.review) == 0:
            self.levels = self._set(one.history[:, :day])
        return self.levels

    def _set(self, seen: Floats) -> Levels:
        one = self.setting
        sized = one.sized
        lots = sized and sized(trailing(seen)[0][:, -1])
        if self.calls % TUNE_EVERY == 0:
            aims = reaching.aims(one.held_to, lots is not None)
            self.reached = reaching.quantiles(seen, self.supply, aims, one.lost_sales, sized, one.rows)
        self.calls += 1
        made = choose(seen, self.supply, one.held_to, reached=self.reached, lots=lots, lost_sales=one.lost_sales)
        return policies.levels(made.position, lots)


def _arrivals(setting: Setting, review: int, seed: int) -> Integers:
    """(items, reviews): whole days until an order is there, gamma-distributed where lead times vary."""
    reviews = -(-(setting.history.shape[1] - setting.start) // review)
    mean, sd = setting.supply.lead_time[:, None], setting.supply.lead_time_sd[:, None]
    shape = np.square(mean / np.where(sd > 0, sd, 1.0))
    drawn = np.random.default_rng(seed).gamma(np.maximum(shape, 1e-9), np.square(sd) / mean, (len(mean), reviews))
    return np.rint(np.where(sd > 0, drawn, mean)).astype(np.int64)


def _account(name: str, made: Kept, setting: Setting, classes: np.ndarray) -> list[tuple[object, ...]]:
    target = setting.held_to
    counts = np.ones(len(classes), np.bool_) if setting.rows is None else setting.rows
    rows: list[tuple[object, ...]] = []
    for kind in (FILL_RATE, CYCLE_SERVICE_LEVEL):
        held = counts & (target.is_fill_rate == (kind == FILL_RATE))
        weight, kept = (made.asked, made.served) if kind == FILL_RATE else (made.cycles, made.clear)
        for one in [*sorted(set(classes[held].tolist())), *(["all"] if held.any() or not len(classes) else [])]:
            row = held if one == "all" else held & (classes == one)
            shares = ((target.level * weight, weight), (kept, weight), (made.served, made.asked), (made.clear, made.cycles))
            numbers = [_share(part[row].sum(), whole[row].sum()) for part, whole in shares]
            rows.append((name, kind, one, int(row.sum()), *numbers, float(made.on_hand[row].sum()), int(made.lines[row].sum())))
    return rows


def _share(part: float, whole: float) -> float | None:
    """None where nothing was asked for."""
    return float(part / whole) if whole > 0 else None
