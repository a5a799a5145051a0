"""What each channel may sell on a day: the ways to split stock, each as quotas, a shared pool, and what is protected in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sluice.planning.nesting import protection
from sluice.planning.policy import Terms
from sluice.planning.quotas import Channels, Stock, allocate
from sluice.planning.safety_stock import pieces
from sluice.planning.twin.ration import portions

Integers = NDArray[np.int64]
Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Cut:
    """`quota`, `protected` (C, F, n) and `pool` (F, n): pieces of n items, as in sluice/planning/quotas.py; None for nothing at
    all. What is in none of them is held back."""

    quota: Integers | None
    pool: Integers | None
    protected: Integers | None


class Access:
    """A way to split stock. This one: everybody sees everything, and what is asked for first is sold first."""

    def arrived(self, odd: Floats, got: Integers) -> None:
        """Pieces (F, S) that came this morning, on hand already; `odd` (S) says where odd pieces fall today."""

    def expect(self, mean: Floats, sd: Floats, buffer: Integers) -> None:
        """Demand until the next delivery, mean and standard deviation (C, F, S), and pieces to hold back (F, S)."""

    def scarce(self, demand: Integers, asked: Integers, on_hand: Integers) -> NDArray[np.bool_]:
        """(F, S): items for which the cut may matter today, by `demand` (C, F, S), in all `asked` (F, S). Of all others every
        channel gets what it asks for."""
        return asked > on_hand

    def cut(self, odd: Floats, items: Integers, on_hand: Integers) -> Cut:
        """The cut of these items' stock, `on_hand` (F, n); `odd` (n)."""
        return Cut(None, on_hand.copy(), None)

    def sold(self, demand: Integers, items: Integers, from_quota: Integers | None) -> None:
        """The day is over: all `demand` (C, F, S) was served, but of `items` only `from_quota` (C, F, n) from channels' own."""

    def lacks(self, level: Integers, rate: Floats, on_hand: Integers) -> Integers:
        """Pieces (F, S) that are missing to the stock position `level`, what is on order not counted; `rate` (C, F, S)."""
        return np.asarray(level - on_hand)


class Percent(Access):
    """Each channel is shown a fixed share of what is there, cut anew every morning. `share` (C, F, S) adds up to 1."""

    def __init__(self, share: Floats) -> None:
        self._weight = _weight(share)
        self._share = self._weight / np.maximum(1, self._weight.sum(axis=0))

    def scarce(self, demand: Integers, asked: Integers, on_hand: Integers) -> NDArray[np.bool_]:
        return np.asarray(((demand > 0) & (demand >= on_hand * self._share - 1)).any(axis=0))

    def cut(self, odd: Floats, items: Integers, on_hand: Integers) -> Cut:
        return Cut(_portions(on_hand, self._weight[:, :, items], odd), None, None)


class Silo(Access):
    """Each channel has stock of its own, and it orders for it. Pieces never move from a channel to another; what comes goes to
    those that lack it."""

    def __init__(self, on_hand: Integers, rate: Floats, odd: Floats) -> None:
        self._lacking = self._weight = _weight(rate)
        self.own = _portions(on_hand, self._weight, odd)

    def arrived(self, odd: Floats, got: Integers) -> None:
        if got.any():
            lacking = np.where(self._lacking.any(axis=0), self._lacking, self._weight)
            given = _portions(got, lacking, odd)
            self.own += given
            self._lacking = np.maximum(0, self._lacking - given)

    def scarce(self, demand: Integers, asked: Integers, on_hand: Integers) -> NDArray[np.bool_]:
        return np.asarray((demand > self.own).any(axis=0))

    def cut(self, odd: Floats, items: Integers, on_hand: Integers) -> Cut:
        return Cut(self.own[:, :, items], None, None)

    def sold(self, demand: Integers, items: Integers, from_quota: Integers | None) -> None:
        self.own -= demand
        if from_quota is not None:
            self.own[:, :, items] += demand[:, :, items] - from_quota

    def lacks(self, level: Integers, rate: Floats, on_hand: Integers) -> Integers:
        self._weight = _weight(rate)
        share = self._weight / self._weight.sum(axis=0)
        self._lacking = np.maximum(0, pieces(level * share) - self.own)
        return np.asarray(self._lacking.sum(axis=0))


class Nested(Access):
    """A shared pool, protected for the better channels every morning (EMSR-b on the demand until the next delivery)."""

    def __init__(self, terms: Sequence[Terms]) -> None:
        self._value = np.array([one.value for one in terms])
        # no level lies further out than Littlewood's rule for the worst channel against the best alone
        self._far = float(max(0.0, -ndtri(np.clip(self._value.min() / self._value.max(), 1e-12, 1.0))))

    def expect(self, mean: Floats, sd: Floats, buffer: Integers) -> None:
        self._mean, self._sd, self._buffer = mean, sd, buffer
        better = mean[:-1].sum(axis=0) + self._far * np.sqrt((sd[:-1] ** 2).sum(axis=0))
        self._kept = buffer + np.ceil(better).astype(np.int64) if len(mean) > 1 else buffer

    def scarce(self, demand: Integers, asked: Integers, on_hand: Integers) -> NDArray[np.bool_]:
        return asked > on_hand - self._kept

    def cut(self, odd: Floats, items: Integers, on_hand: Integers) -> Cut:
        mean, sd = (_rows(part[:, :, items]) for part in (self._mean, self._sd))
        level = protection(np.broadcast_to(self._value, mean.shape), mean, sd)
        protected = np.floor(level + 0.5).astype(np.int64).T.reshape(len(self._value), *on_hand.shape)
        return Cut(None, np.maximum(0, on_hand - self._buffer[:, items]), protected)


class Quotas(Nested):
    """The allocator itself, every morning: floors, isolation and the pool's share by the policy's terms."""

    def __init__(self, terms: Sequence[Terms], pool_share: float) -> None:
        super().__init__(terms)
        self._terms, self._pool_share = terms, pool_share
        self._isolation = np.array([-1 if one.isolation is None else one.isolation for one in terms], np.int64)

    def expect(self, mean: Floats, sd: Floats, buffer: Integers) -> None:
        super().expect(mean, sd, buffer)
        most = np.maximum(self._apart(mean.T).T, np.array([one.floor for one in self._terms])[:, None, None])
        # demand that quotas leave over is at most a spread more than none, (D - q)+ of a normal D
        self._kept = self._kept + most.sum(axis=0) + np.ceil(np.sqrt((sd**2).sum(axis=0))).astype(np.int64)

    def _apart(self, mean: Floats) -> Integers:
        """(..., C)"""
        return np.where(self._isolation < 0, pieces(mean), self._isolation)

    def cut(self, odd: Floats, items: Integers, on_hand: Integers) -> Cut:
        nothing = np.zeros(on_hand.size, np.int64)
        mean, sd = (_rows(part[:, :, items]) for part in (self._mean, self._sd))
        each = {
            name: np.broadcast_to(np.array([getattr(one, name) for one in self._terms]), mean.shape)
            for name in ("value", "floor", "cap")
        }
        stock = Stock(on_hand.reshape(-1), nothing, nothing, nothing, self._buffer[:, items].reshape(-1))
        wants = Channels(demand_mean=mean, demand_sd=sd, isolation=self._apart(mean), **each)
        made = allocate(stock, wants, self._pool_share)
        wide = (len(self._terms), *on_hand.shape)
        # A cap bounds a number, not a day's sales: the number is shown anew after each sale.
        return Cut(made.quota.T.reshape(wide), made.pool.reshape(on_hand.shape), made.protected.T.reshape(wide))


def _rows(part: Floats) -> NDArray[np.float64]:
    """(C, F, n) as (F * n, C)."""
    return np.ascontiguousarray(part.reshape(len(part), -1).T.astype(np.float64))


def _weight(rate: Floats) -> Integers:
    """Whole numbers in proportion, so that portions are exact; all alike where nothing is known."""
    weight = np.round(rate * 1e5).astype(np.int64)
    weight[:, weight.sum(axis=0) == 0] = 1
    return weight


def _portions(total: Integers, weight: Integers, odd: Floats) -> Integers:
    flat = portions(total.reshape(-1), weight.reshape(len(weight), -1), np.tile(odd, len(total)))
    return flat.reshape(weight.shape)
