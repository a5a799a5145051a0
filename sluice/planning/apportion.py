"""Whole pieces in proportion: the method of largest remainders (Hamilton), which loses no piece to rounding.

Elements come in one flat array with the group each belongs to, so that groups of any size are cut in one go. Everything is exact:
no share passes through floating point.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def sums(numbers: Integers, group: Integers, groups: int) -> Integers:
    """The sum of each group; exact below 2**53."""
    return np.bincount(group, numbers, groups).astype(np.int64)


def apportion(total: Integers, weight: Integers, group: Integers) -> Integers:
    """Cut each group's `total` (groups) among its elements in proportion to `weight` (elements, >= 0).

    Every element gets its exact share rounded down or up; pieces left over go to the largest remainders, ties to the earlier
    element. So an element whose weight is its limit never gets more, as long as `total` is at most the group's sum. A group
    without weight gets nothing. total * weight must stay below 2**63.
    """
    whole = sums(weight, group, len(total))
    total = np.where(whole > 0, total, 0)
    share, remainder = np.divmod(total[group] * weight, np.maximum(1, whole)[group])
    left = total - sums(share, group, len(total))
    some = np.flatnonzero(left[group] > 0)
    if some.size:
        ranked = some[np.lexsort((some, -remainder[some], group[some]))]
        of = group[ranked]
        starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
        rank = np.arange(len(of)) - np.repeat(starts, np.diff(np.r_[starts, len(of)]))
        share[ranked[rank < left[of]]] += 1
    result: Integers = share
    return result
