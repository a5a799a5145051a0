"""From edges to persons: records that hang together, but for what must not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

GIANT, KNIT = 20, 0.5
"""Records from which on nobody is believed to be one person on weak evidence, unless so large a share of the pairs between
both parts are edges: a chain of strangers has one, many records of one person nearly all."""
STRONG = 100.0
"""Strength of an edge that does not rest on likeness: a ruling of a person's, or a shared key."""

Different = tuple[Sequence[int], Sequence[int]]


def cluster(count: int, edges: pl.DataFrame, different: Sequence[Different] = ()) -> np.ndarray:
    """A label for each of `count` records: the smallest record of its person, shape (count,), int32.

    edges: left, right, strength (bits of evidence, STRONG and more where it is certain). different: pairs of groups of which no
    record of one may be with one of the other. What hangs together without giving cause for doubt is one person. Where there is
    cause, the strongest edges come first, as in Kruskal's algorithm; one that would join what must not be joined is passed over.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    labels = _smallest(component)
    doubtful = np.flatnonzero(np.bincount(labels, minlength=count) > GIANT)
    torn = [labels[np.asarray(list(one))] for group in different for one in group]
    for one, other in zip(torn[::2], torn[1::2], strict=True):
        doubtful = np.union1d(doubtful, np.intersect1d(one, other))
    inside = edges.filter(pl.Series(np.isin(labels[left], doubtful), dtype=pl.Boolean))
    groups = _Groups(different)
    for one, other in inside.select("left", "right").iter_rows():
        groups.count(one, other)
    for one, other, strength in inside.sort("strength", "left", "right", descending=[True, False, False]).iter_rows():
        groups.join(one, other, strength)
    members = np.flatnonzero(np.isin(labels, doubtful))
    labels[members] = [groups.of(int(record)) for record in members]
    return labels


def _smallest(component: np.ndarray) -> np.ndarray:
    smallest = np.full(component.max(initial=-1) + 1, len(component), dtype=np.int32)
    np.minimum.at(smallest, component, np.arange(len(component), dtype=np.int32))
    found: np.ndarray = smallest[component]
    return found


@dataclass
class _Groups:
    """Disjoint sets that know what they must not take in."""

    different: Iterable[Different]
    parent: dict[int, int] = field(default_factory=dict)
    size: dict[int, int] = field(default_factory=dict)
    between: dict[int, Counter[int]] = field(default_factory=dict)
    bans: dict[int, set[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ruling, sides in enumerate(self.different):
            for side, records in enumerate(sides):
                for record in records:
                    self.bans.setdefault(int(record), set()).add((ruling, side))

    def count(self, one: int, other: int) -> None:
        """An edge between two that are not joined yet."""
        self.between.setdefault(one, Counter())[other] += 1
        self.between.setdefault(other, Counter())[one] += 1

    def of(self, record: int) -> int:
        while (above := self.parent.get(record, record)) != record:
            self.parent[record] = self.parent.get(above, above)
            record = above
        return record

    def join(self, one: int, other: int, strength: float) -> None:
        one, other = sorted((self.of(one), self.of(other)))
        if one == other or self._banned(one, other):
            return
        sizes = self.size.get(one, 1), self.size.get(other, 1)
        is_knit = self.between[one][other] >= KNIT * sizes[0] * sizes[1]
        if sum(sizes) > GIANT and strength < STRONG and not is_knit:
            return
        self.parent[other], self.size[one] = one, sum(sizes)
        for neighbour, edges in self.between.pop(other).items():
            del self.between[neighbour][other]
            if neighbour != one:
                self.between[neighbour][one] += edges
                self.between[one][neighbour] += edges
        if other in self.bans:
            self.bans[one] = self.bans.get(one, set()) | self.bans.pop(other)

    def _banned(self, one: int, other: int) -> bool:
        theirs = self.bans.get(other, set())
        return any((ruling, 1 - side) in theirs for ruling, side in self.bans.get(one, ()))
