"""People with the same history have the same likelihood and the same future but for money: each history is worked out once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distinct:
    """`columns` of the different rows, the place of each given row among them, and how many rows each stands for."""

    columns: tuple[Floats, ...]
    place: NDArray[np.intp]
    count: NDArray[np.intp]


def distinct(*columns: Floats) -> Distinct:
    """As np.unique(axis=0) over columns of one length, ten times as fast: by the numbers of the values, column by column."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, number = np.unique(column, return_inverse=True)
        code = np.unique(code * len(values) + number, return_inverse=True)[1]
    _, first, place, count = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return Distinct(tuple(column[first] for column in columns), place, count)
