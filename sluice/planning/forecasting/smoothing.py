"""Exponential smoothing of many series at once.

A matrix (series, time) is right-aligned: a series that began later has zeros before its `start`, which are never looked at. Time
is the only Python loop, so that a step costs the same for one series as for a thousand; a library that fits one series after the
other pays its overhead a hundred thousand times, and compiles first. What it gives is held against statsforecast in the tests.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GRID = 9
"""Smoothing parameters tried first, evenly within the bounds."""
NARROWINGS = 12
"""Golden-section steps around the best of them: the parameter is right to 1/300 of the grid's cell."""
GOLDEN = (5**0.5 - 1) / 2


def ses(series: Floats, start: Integers, alpha: Floats) -> tuple[Floats, Floats]:
    """Simple exponential smoothing from the first value on: one-step-ahead forecast and squared error in sample.

    R. G. Brown, Statistical Forecasting for Inventory Control, 1959. `alpha` is (..., series); both results have its shape.
    """
    level = np.zeros(np.broadcast_shapes(alpha.shape, start.shape))
    squares = np.zeros_like(level)
    began = int(start.min(initial=series.shape[1]))
    late = int(start.max(initial=0))
    for time, value in enumerate(np.ascontiguousarray(series.T)[began:], start=began):
        error = value - level
        if time > late:
            squares += error * error
            level += alpha * error
        else:
            squares += np.where(time > start, error * error, 0.0)
            level += np.where(time > start, alpha, np.where(time == start, 1.0, 0.0)) * error
    return level, squares


def optimized(series: Floats, start: Integers, bounds: tuple[float, float] = (0.01, 0.99)) -> tuple[Floats, Floats]:
    """The alpha of each series with the least squared error in sample, and the forecast that it gives."""
    low, high = bounds
    grid = np.linspace(low, high, GRID)
    _, squares = ses(series, start, np.broadcast_to(grid[:, None], (GRID, len(series))))
    best = np.argmin(squares, axis=0)
    left, right = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]
    inner = np.stack([right - GOLDEN * (right - left), left + GOLDEN * (right - left)])
    _, error = ses(series, start, inner)
    for _ in range(NARROWINGS):
        lower = error[0] <= error[1]
        left, right = np.where(lower, left, inner[0]), np.where(lower, inner[1], right)
        fresh = np.where(lower, right - GOLDEN * (right - left), left + GOLDEN * (right - left))
        _, found = ses(series, start, fresh)
        inner = np.where(lower, [fresh, inner[0]], [inner[1], fresh])
        error = np.where(lower, [found, error[0]], [error[1], found])
    alpha = (left + right) / 2
    return alpha, ses(series, start, alpha)[0]
