"""Which model forecasts a class of demand: the one that would have done best, where it is better by more than luck.

Rolling origins (L. Tashman, International Journal of Forecasting 16, 2000): from three dates each candidate forecasts
four weeks that it has not seen. Score: RMSSE, weighted by revenue, plus the absolute bias of the total. Never MASE or MAE: a
forecast of nothing wins on intermittent demand. The class's default stays unless another is better by a fiftieth.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting import accuracy
from sluice.planning.forecasting.models import CANDIDATES, forecasts
from sluice.planning.forecasting.smoothing import Floats, Integers

ORIGINS = 3
AHEAD = 4
"""Weeks from one origin to the next, and weeks forecast from each."""
FEWEST_WEEKS = 8
"""Before an origin, for a series to count there."""
FEWEST_SERIES = 5
BETTER = 0.02


@dataclass(frozen=True, slots=True)
class Score:
    """How a model did on a class: means over the origins. NaN where nothing could be held against what came."""

    demand_class: str
    model: str
    rmsse: float
    bias: float
    is_chosen: bool = False

    @property
    def score(self) -> float:
        return self.rmsse + abs(self.bias)


def select(weekly: Floats, start: Integers, classes: np.ndarray, weight: Floats) -> list[Score]:
    """Every candidate's score by class, one of each class chosen. `weight` (series) is what a series is worth, revenue."""
    return [score for name in CANDIDATES for score in _chosen(_scores(weekly, start, classes == name, weight, name))]


def chosen(scores: list[Score]) -> dict[str, str]:
    return {score.demand_class: score.model for score in scores if score.is_chosen}


def _scores(weekly: Floats, start: Integers, members: np.ndarray, weight: Floats, name: str) -> list[Score]:
    found: dict[str, list[tuple[float, float]]] = {model: [] for model in CANDIDATES[name]}
    for back in range(ORIGINS, 0, -1):
        origin = weekly.shape[1] - back * AHEAD
        rows = np.flatnonzero(members & (start <= origin - FEWEST_WEEKS))
        if len(rows) < FEWEST_SERIES:
            continue
        past, began, actual = weekly[rows, :origin], start[rows], weekly[rows, origin : origin + AHEAD]
        live = np.where(np.arange(origin)[None, :] >= began[:, None], past, np.nan)
        # counts scatter by their mean at least: a few quiet weeks are no scale
        scale = np.fmax(accuracy.naive_scale(live, 2), np.nanmean(live, axis=1))
        for model, forecast in forecasts(found, past, began, AHEAD).items():
            rmsse = accuracy.weighted(accuracy.rmsse(actual, forecast, scale), weight[rows])
            found[model].append((rmsse, accuracy.bias(actual, forecast) if actual.sum() > 0 else float("nan")))
    return [Score(name, model, *_mean(scores)) for model, scores in found.items()]


def _mean(scores: list[tuple[float, float]]) -> tuple[float, float]:
    known = [pair for pair in scores if np.isfinite(pair).all()]
    if not known:
        return float("nan"), float("nan")
    rmsse, bias = np.mean(known, axis=0)
    return float(rmsse), float(bias)


def _chosen(scores: list[Score]) -> list[Score]:
    default = scores[0]
    best = min(scores, key=lambda one: one.score if np.isfinite(one.score) else np.inf)
    winner = best if best.score < (1 - BETTER) * default.score else default
    return [Score(one.demand_class, one.model, one.rmsse, one.bias, one is winner) for one in scores]
