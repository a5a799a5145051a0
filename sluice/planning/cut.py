"""One cut of the stock, by rules and by the allocator: first what is set apart, then quotas by worth, the rest is shared."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sluice.planning.numbers import shown
from sluice.planning.quotas import Allocation, Channels, Stock, allocate, promises
from sluice.planning.rules import COMPUTED, Place, Ruling
from sluice.planning.set_apart import set_apart

Integers = NDArray[np.int64]


def cut(stock: Stock, channels: Channels, priority: Integers, place: Place, terms: Ruling, pool_share: float = 0.0) -> Allocation:
    """Split every row as `allocate` does, under rules. `priority` (shops) says who is set apart first, 1 the best.

    A shop under a rule takes no part in the allocator: it has no floor, and nothing of the pool is protected for it or from it.
    `protected` of such a shop are the pool's pieces that it doesn't show.
    """
    _, available, _ = promises(stock)
    apart = set_apart(available, place, terms, priority)
    computed = (terms.kind == COMPUTED)[place.sku] & terms.inside
    made = allocate(replace(stock, on_hand=stock.on_hand - apart.sum(axis=1)), _only(channels, computed), pool_share)
    of_pool = shown(made.pool, place, terms)
    return replace(
        made,
        quota=made.quota + apart,
        published=made.published + apart + of_pool,
        protected=np.where(computed, made.protected, made.pool[:, None] - of_pool),
    )


def _only(channels: Channels, computed: NDArray[np.bool_]) -> Channels:
    """The other shops want nothing and may have nothing."""
    wants = {name: np.where(computed, getattr(channels, name), 0) for name in Channels.__slots__ if name != "value"}
    return Channels(value=channels.value, **wants)
