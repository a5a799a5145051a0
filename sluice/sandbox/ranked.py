"""Rows of a frame by a time, for the lists that channels tell by a stamp."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Ranked:
    """Rows of `frame` by a time. `seconds` is sorted, `rows` says which row each one is."""

    frame: pl.DataFrame
    seconds: NDArray[np.int64]
    rows: Rows

    def between(self, start: int, end: int) -> Rows:
        """Rows from `start` (included) to `end` (not), oldest first."""
        low, high = np.searchsorted(self.seconds, [start, end], side="left")
        return self.rows[low:high]


def ranked(frame: pl.DataFrame, stamp: str) -> Ranked:
    seconds = frame[stamp].dt.epoch("s").to_numpy()
    order = np.argsort(seconds, kind="stable")
    return Ranked(frame, seconds[order], order)
