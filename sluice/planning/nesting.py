"""Nested access to the shared pool: how many pieces stay protected for the channels worth more (EMSR-b).

P. Belobaba's expected marginal seat revenue, version b (1992), as in Talluri & van Ryzin, The Theory and Practice of Revenue
Management, section 2.2.4: all better classes are taken as one, with their demand added and their value averaged by demand, and
Littlewood's rule says how much of it to protect against the next class. Static levels lose their worth within hours:
recompute them from the demand that remains.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

NARROW = 1e-9
"""Pieces. Less demand than this is none; a standard deviation is never less."""


def protection(value: Floats, mean: Floats, sd: Floats) -> Floats:
    """Pieces protected against each channel, (rows, channels), best value first; 0 for the best.

    Channels of equal value are one class: none is protected against the other. A lower class never sees more than a higher one.
    """
    weight, worth, spread = _of_better(mean), _of_better(value * mean), np.sqrt(_of_better(sd**2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(worth > 0, value * weight / worth, 1.0)
        level = weight - spread * ndtri(np.clip(share, 0.0, 1.0))
    level = np.where((weight > 0) & (share < 1.0), np.maximum(0.0, level), 0.0)
    equal = np.zeros(value.shape, bool)
    equal[:, 1:] = value[:, 1:] == value[:, :-1]
    return np.maximum.accumulate(np.where(equal, 0.0, level), axis=1)


def _of_better(part: Floats) -> Floats:
    """Sum over the channels before each."""
    total = np.zeros_like(part)
    np.cumsum(part[:, :-1], axis=1, out=total[:, 1:])
    return total


def residual(mean: Floats, sd: Floats, taken: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of (D - taken)+ for normal D: the demand that a channel's own pieces leave over."""
    wide = np.maximum(sd, NARROW)
    gap = mean - taken
    z = gap / wide
    reached, density = ndtr(z), np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    first = gap * reached + wide * density
    second = (gap * gap + wide * wide) * reached + gap * wide * density
    first[first < NARROW] = 0.0
    return first, np.sqrt(np.maximum(0.0, second - first * first))
