"""What service a method would have kept on the demand that was, and with how much stock: a rolling simulation.

Every method reviews the same items on the same days, sees the days before and no others, and its orders take the same lead times.
The calibrated method finds its quantiles anew every few reviews from what it has seen until then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.planning.inventory import calibrated
from sluice.planning.inventory.choose import choose
from sluice.planning.inventory.levels import Floats, Integers, Supply, Target, cover, mean_and_sd, normal
from sluice.planning.inventory.rolling import Kept, keep

CHOSEN, NORMAL = "chosen", "normal formula"
COVERS = (30, 45)
"""Days of cover of the rules of thumb that stand beside."""
FORMULA_DAYS = 180
"""Days that the normal formula takes its mean and standard deviation from."""
TUNE_EVERY = 4
"""Reviews."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played: `history` (items, days), from day `start` on."""

    history: Floats
    supply: Supply
    target: Target
    start: int
    lost_sales: bool = False


def backtest(setting: Setting, classes: Sequence[str], seed: int = 1) -> pl.DataFrame:
    """One row a method and class, and a method's `all`: items, target, achieved, fill_rate, cycle_service_level, stock, lines.

    `achieved` is the service of the target's kind (the class's items may have several targets: `target` is their mean, weighed as
    the service is). `stock` is the mean number of pieces on hand, `lines` the orders placed. `classes` (items) are names.
    """
    arrivals = _arrivals(setting, seed)
    rows = []
    for name, rule in _rules(setting).items():
        made = keep(setting.history, setting.start, rule, arrivals, setting.supply.review, setting.lost_sales)
        rows += _account(name, made, setting.target, np.asarray(classes))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


COLUMNS = {
    "method": pl.String,
    "demand_class": pl.String,
    "items": pl.Int64,
    "target": pl.Float64,
    "achieved": pl.Float64,
    "fill_rate": pl.Float64,
    "cycle_service_level": pl.Float64,
    "stock": pl.Float64,
    "lines": pl.Int64,
}


def _rules(setting: Setting) -> dict[str, Callable[[int], Floats]]:
    def formula(day: int) -> Floats:
        mean, sd = mean_and_sd(setting.history[:, max(0, day - FORMULA_DAYS) : day])
        return normal(mean, sd, setting.supply, setting.target)

    def thumb(days: int) -> Callable[[int], Floats]:
        return lambda day: cover(setting.history[:, :day], days)

    rules: dict[str, Callable[[int], Floats]] = {CHOSEN: _Chosen(setting), NORMAL: formula}
    return rules | {f"{days} days of cover": thumb(days) for days in COVERS}


class _Chosen:
    """As replenishment sets its levels."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.of_fill_rate: dict[float, float] = {}
        self.reviews = 0

    def __call__(self, day: int) -> Floats:
        one = self.setting
        seen = one.history[:, :day]
        if self.reviews % TUNE_EVERY == 0:
            wanted = np.unique(one.target.level[one.target.is_fill_rate])
            self.of_fill_rate = calibrated.reaching(seen, one.supply, wanted, one.lost_sales)
        self.reviews += 1
        return choose(seen, one.supply, one.target, of_fill_rate=self.of_fill_rate).up_to


def _arrivals(setting: Setting, seed: int) -> Integers:
    """(items, reviews): whole days until an order is there, gamma-distributed where lead times vary."""
    reviews = -(-(setting.history.shape[1] - setting.start) // setting.supply.review)
    mean, sd = setting.supply.lead_time[:, None], setting.supply.lead_time_sd[:, None]
    shape = np.square(mean / np.where(sd > 0, sd, 1.0))
    drawn = np.random.default_rng(seed).gamma(np.maximum(shape, 1e-9), np.square(sd) / mean, (len(mean), reviews))
    return np.rint(np.where(sd > 0, drawn, mean)).astype(np.int64)


def _account(name: str, made: Kept, target: Target, classes: np.ndarray) -> list[tuple[object, ...]]:
    weight = np.where(target.is_fill_rate, made.asked, made.cycles)
    kept = np.where(target.is_fill_rate, made.served, made.clear)
    rows: list[tuple[object, ...]] = []
    for one in [*sorted(set(classes.tolist())), "all"]:
        row = np.ones(len(classes), np.bool_) if one == "all" else classes == one
        shares = ((target.level * weight, weight), (kept, weight), (made.served, made.asked), (made.clear, made.cycles))
        numbers = [_share(part[row].sum(), whole[row].sum()) for part, whole in shares]
        rows.append((name, one, int(row.sum()), *numbers, float(made.on_hand[row].sum()), int(made.lines[row].sum())))
    return rows


def _share(part: float, whole: float) -> float | None:
    """None where nothing was asked for."""
    return float(part / whole) if whole > 0 else None
