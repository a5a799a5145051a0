"""What every allocation promises, each as a count of rows that break it. `cut` is the allocator under test."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sluice.planning.quotas import Allocation, Channels, Stock

Cut = Callable[[Stock, Channels], Allocation]


def violations(stock: Stock, channels: Channels, cut: Cut) -> dict[str, int]:
    """Rows that break each of the ten properties; all zeros for an allocator that keeps its word."""
    made = cut(stock, channels)
    available = np.maximum(0, stock.on_hand - stock.committed - stock.held - stock.presale) - made.buffer
    floor = np.minimum(channels.floor, channels.cap)
    broken = {
        "conserved": _conserved(stock, made),
        "not negative": np.minimum.reduce([made.buffer, made.pool, made.oversold, made.quota.min(axis=1)]) < 0,
        "floors where affordable": ((made.quota < floor).any(axis=1)) & (floor.sum(axis=1) <= available),
        "caps": (made.quota > channels.cap).any(axis=1) | (made.published > channels.cap).any(axis=1),
        "published within quota and pool": _published(made),
        "best channel sees the whole pool": _best_sees_all(channels, made),
        "one piece more takes from no one": _monotone(stock, channels, made, cut),
        "equal wants, more worth, never less": _worth_pays(stock, channels, cut),
        "pool knows no order of channels": _order_free(stock, channels, made, cut),
        "accepted never exceeds stock": _accepted(available, channels, made),
    }
    return {name: int(np.count_nonzero(rows)) for name, rows in broken.items()}


def _conserved(stock: Stock, made: Allocation) -> np.ndarray:
    held = stock.committed + stock.held + stock.presale + made.buffer + made.quota.sum(axis=1) + made.pool
    nothing_left = (made.buffer == 0) & (made.pool == 0) & (made.quota == 0).all(axis=1)
    return (stock.on_hand + made.oversold != held) | ((made.oversold > 0) & ~nothing_left)


def _published(made: Allocation) -> np.ndarray:
    return (made.published > made.quota + made.pool[:, None]).any(axis=1) | (made.published < made.quota).any(axis=1)


def _best_sees_all(channels: Channels, made: Allocation) -> np.ndarray:
    rows, best = np.arange(len(made.pool)), channels.value.argmax(axis=1)
    sees = np.minimum(channels.cap[rows, best], made.quota[rows, best] + made.pool)
    return made.published[rows, best] != sees


def _monotone(stock: Stock, channels: Channels, made: Allocation, cut: Cut) -> np.ndarray:
    more = cut(replace(stock, on_hand=stock.on_hand + 1), channels)
    return (more.quota < made.quota).any(axis=1) | (more.pool < made.pool) | (more.buffer < made.buffer)


def _worth_pays(stock: Stock, channels: Channels, cut: Cut) -> np.ndarray:
    """All channels of a row get the wants of its first; then the order of worth is the order of quotas."""
    first = {name: np.repeat(getattr(channels, name)[:, :1], channels.value.shape[1], axis=1) for name in Channels.__slots__}
    made = cut(stock, replace(Channels(**first), value=channels.value))
    order = np.argsort(-channels.value, axis=1, kind="stable")
    ranked = [np.take_along_axis(part, order, axis=1) for part in (made.quota, made.published)]
    return np.logical_or.reduce([(np.diff(part, axis=1) > 0).any(axis=1) for part in ranked])


def _order_free(stock: Stock, channels: Channels, made: Allocation, cut: Cut) -> np.ndarray:
    mirrored = Channels(*(getattr(channels, name)[:, ::-1] for name in Channels.__slots__))
    return cut(stock, mirrored).pool != made.pool


def _accepted(available: np.ndarray, channels: Channels, made: Allocation, seed: int = 5) -> np.ndarray:
    """Rush each row with random requests under the rule of reservation: own quota first, then the open part of the pool."""
    draw = np.random.default_rng(seed)
    rows = np.arange(len(available))
    left, pool, taken = made.quota.copy(), made.pool.copy(), np.zeros(len(available), np.int64)
    for _ in range(12):
        channel = draw.integers(0, left.shape[1], len(rows))
        wanted = np.ceil(draw.random(len(rows)) * (made.quota[rows, channel] + made.pool + 3)).astype(np.int64)
        own = np.minimum(wanted, left[rows, channel])
        shared = np.clip(pool - made.protected[rows, channel], 0, wanted - own)
        left[rows, channel] -= own
        pool -= shared
        taken += own + shared
    return taken > np.maximum(0, available)
