"""The models of weekly demand by name, each from (series, weeks) and where they begin to (series, weeks ahead).

Ours are vectorised: 1,000 series of two years cost 20 to 300 ms of CPU, where statsforecast's own SES and IMAPA, one series after
the other, cost about as much plus 5 s to import and compile; its Auto* models cost minutes. statsforecast is what the
tests hold these against, and a peer in the benchmark.
"""

from collections.abc import Callable, Iterable

import numpy as np

from sluice.planning.forecasting import intermittent
from sluice.planning.forecasting.smoothing import Floats, Integers, optimized

Model = Callable[[Floats, Integers, int], Floats]


def theta(series: Floats, start: Integers, ahead: int) -> Floats:
    """Smoothing with half the linear trend as drift: V. Assimakopoulos & K. Nikolopoulos, International Journal of Forecasting 16
    (2000), as R. Hyndman & B. Billah write it (same journal 19, 2003). Never below 0."""
    alpha, level = optimized(series, start)
    time = np.arange(series.shape[1])[None, :] - start[:, None]
    live = time >= 0
    count = live.sum(axis=1)
    middle = (count - 1) / 2
    spread = np.where(live, (time - middle[:, None]) ** 2, 0.0).sum(axis=1)
    slope = np.where(live, (time - middle[:, None]) * series, 0.0).sum(axis=1) / np.maximum(spread, 1.0)
    lag = (1 - (1 - alpha) ** count) / alpha
    steps = np.arange(ahead)[None, :] + lag[:, None]
    forecast: Floats = np.maximum(0.0, level[:, None] + slope[:, None] / 2 * steps)
    return forecast


def _flat(level: Callable[[Floats, Integers], Floats]) -> Model:
    return lambda series, start, ahead: np.repeat(np.maximum(0.0, level(series, start))[:, None], ahead, axis=1)


def _window(series: Floats, start: Integers, weeks: int = 8) -> Floats:
    count = np.minimum(weeks, series.shape[1] - start)
    mean: Floats = series[:, -weeks:].sum(axis=1) / np.maximum(count, 1)
    return mean


MODELS: dict[str, Model] = {
    "SES": _flat(lambda series, start: optimized(series, start)[1]),
    "IMAPA": _flat(intermittent.imapa),
    "ADIDA": _flat(intermittent.adida),
    "TSB": _flat(intermittent.tsb),
    "SBA": _flat(intermittent.sba),
    "Croston": _flat(intermittent.croston),
    "Theta": theta,
    "mean of 8 weeks": _flat(_window),
}
JOIN = " + "
"""Between the names of models whose mean is taken."""
STEADY = ("SES + IMAPA", "SES", "IMAPA", "SES + IMAPA + Theta", "mean of 8 weeks")
RARE = ("IMAPA", "ADIDA", "TSB", "SBA", "SES + IMAPA", "mean of 8 weeks")
CANDIDATES: dict[str, tuple[str, ...]] = {"smooth": STEADY, "erratic": STEADY, "intermittent": RARE, "lumpy": RARE}
"""For each class of demand what may forecast it; the first is the default."""


def forecasts(names: Iterable[str], series: Floats, start: Integers, ahead: int) -> dict[str, Floats]:
    """(series, weeks ahead) by each of the names, which may join several; a model that is in many is computed once."""
    wanted = list(names)
    single = {name: MODELS[name](series, start, ahead) for name in dict.fromkeys(JOIN.join(wanted).split(JOIN))}
    return {name: np.mean([single[part] for part in name.split(JOIN)], axis=0) for name in wanted}
