"""Levels that keep what they promise on the demand that was: conformal quantiles.

The position is that quantile of demand over the protection interval, from how far past forecasts of such intervals were off
(forecasting/conformal.py). Which quantile a target asks for is found in reaching.py.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting import conformal
from sluice.planning.forecasting.conformal import scores
from sluice.planning.inventory.levels import Floats, Supply, lead_times

ENOUGH = 200
"""Scores of past forecasts, all items together. With fewer there is nothing to calibrate with."""
KNOWN = 14
"""Days of its own that an item needs; its forecast's errors are taken to be those of the items like it."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How past forecasts of such intervals were off, of each item: `spread`, and `shift`, the quantile of all errors over their
    spreads that the item is held to; NaN where they mean nothing."""

    spread: Floats
    shift: Floats

    def beyond(self, expected: Floats) -> Floats:
        """Pieces that the quantile lies above what is expected over lead time and review; below it where negative."""
        return np.asarray(self.shift * self.spread * np.sqrt(expected + 1))


def errors(history: Floats, supply: Supply, expected: Floats, quantile: Floats) -> Errors:
    """Of items that have 14 days of their own, where all together have a past; NaN for the others. `quantile`: (items)."""
    nothing = np.full(len(history), np.nan)
    if not history.size:
        return Errors(nothing, nothing)
    past = scores(history, lead_times(supply) + supply.review)
    if np.isfinite(past).sum() < ENOUGH:
        return Errors(nothing, nothing)
    levels, at = np.unique(quantile, return_inverse=True)
    spread, shift = conformal.errors(past, expected, levels)
    known = np.isfinite(history).sum(axis=1) >= KNOWN
    return Errors(np.where(known, spread, np.nan), np.where(known, shift[at], np.nan))
