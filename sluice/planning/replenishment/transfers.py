"""Pieces that one facility has too many of, to one that has too few, before anything is bought.

A giver gives what its position has above the level it would be filled up to, and never more than what is free on its shelves: its
position stays at or above its own reorder point. A move is made when it saves more than it costs.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def transfers(
    sku: Integers, lacking: Integers, spare: Integers, saves: Floats, cost: float
) -> tuple[Integers, Integers, Integers]:
    """From rows, to rows, pieces. `sku` (rows) says which rows may exchange; `lacking` and `spare` are pieces, at least 0.

    The largest need is served first, from the largest surplus, so that moves are few; `saves` is what a piece not bought saves.
    A row that lacks pieces gives none. Pieces lacking that nobody has stay lacking.
    """
    spare = np.where(lacking > 0, 0, spare)
    gives, takes = np.flatnonzero(spare > 0), np.flatnonzero(lacking > 0)
    meets = np.intersect1d(sku[gives], sku[takes])
    givers = _by_sku(gives[np.isin(sku[gives], meets)], sku, spare)
    takers = _by_sku(takes[np.isin(sku[takes], meets)], sku, lacking)
    left, moves = spare.copy(), []
    for one, rows in takers.items():
        for taker in rows:
            wanted = int(lacking[taker])
            for giver in givers[one]:
                pieces = min(wanted, int(left[giver]))
                if pieces > 0 and pieces * saves[taker] >= cost:
                    moves.append((giver, taker, pieces))
                    left[giver] -= pieces
                    wanted -= pieces
    made = np.array(moves, np.int64).reshape(-1, 3)
    return made[:, 0], made[:, 1], made[:, 2]


def _by_sku(rows: Integers, sku: Integers, size: Integers) -> dict[int, list[int]]:
    """The rows of each SKU, largest first."""
    found: dict[int, list[int]] = {}
    for row in rows[np.lexsort((rows, -size[rows]))].tolist():
        found.setdefault(int(sku[row]), []).append(row)
    return found
