"""Random policies with rules of every kind over random stock, and what every cut by rules promises."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sluice.planning.cut import cut
from sluice.planning.quotas import UNLIMITED, Allocation, Channels, Stock, promises
from sluice.planning.rules import LOCKED, NUMBER, SHARED, WHOLE, Place, Ruling, ruling
from sluice.planning_policy import Planning
from tests.planning.cases import random_rows

FACILITIES = ["BJ", "NJ", "SH", "WH"]
POOLS = {"east": ["SH", "NJ"], "north": ["BJ"]}
SHOPS = [("c0", "a"), ("c0", "b"), ("c1", "a"), ("c2", "a"), ("c3", "a")]


@dataclass(frozen=True)
class Ruled:
    """One random world: stock at facilities, what shops want, and the rules."""

    stock: Stock
    channels: Channels
    priority: np.ndarray
    place: Place
    terms: Ruling
    pool_share: float

    def cut(self) -> Allocation:
        return cut(self.stock, self.channels, self.priority, self.place, self.terms, self.pool_share)


def random_policy(draw: np.random.Generator) -> Planning:
    """Rules of every kind, some for a part of the SKUs, some for shops by glob; shares may add up to more than a pool has."""

    def rule() -> dict[str, Any]:
        kind = draw.integers(0, 6)
        where = [{"only": ["SH", "WH"]}, {"only": "N*"}, {"except": "SH"}, None][draw.integers(0, 4)]
        terms: dict[str, Any] = {"threshold": int(draw.choice([0, 0, 3, 9]))}
        if kind == 0:
            terms = {"publish": "computed"}
        elif kind <= 2:
            terms |= {"percent": float(draw.choice([0, 12.5, 33.3333, 80, 100])), "plus": int(draw.integers(-9, 9))}
            terms |= {"min": int(draw.integers(0, 4)), "max": int(draw.integers(4, 60))}
        elif kind <= 4:
            terms |= {"lock": int(draw.integers(0, 25)), "exclusive": bool(kind == 4 or draw.random() < 0.5)}
        else:
            terms |= {"share": {"pool": str(draw.choice(list(POOLS))), "percent": float(draw.choice([10, 30, 33.3333, 50]))}}
            terms |= {"max": int(draw.integers(0, 30))} if draw.random() < 0.3 else {}
            where = None
        matches = {
            "channel": str(draw.choice(["*", "c0", "c1", "c[012]"])),
            "sku": str(draw.choice(["*", "S*[02468]", "S*1", "S?"])),
        }
        return matches | terms | ({"facilities": where} if where else {})

    rules = [rule() for _ in range(draw.integers(1, 9))]
    priorities = draw.integers(1, 3, len(SHOPS))
    quotas = [{"channel": c, "shop": s, "priority": int(p)} for (c, s), p in zip(SHOPS, priorities, strict=True)]
    return Planning.model_validate({"rules": rules, "pools": POOLS, "quotas": quotas})


def random_ruled(skus: int, seed: int) -> Ruled:
    draw = np.random.default_rng(seed)
    policy = random_policy(draw)
    stock, channels = random_rows(skus * len(FACILITIES), len(SHOPS), seed)
    scarce = draw.choice([1, 10, 40], len(stock.on_hand))
    stock = Stock(*(getattr(stock, name) // scarce for name in Stock.__slots__))
    rows = np.arange(skus * len(FACILITIES))
    place = Place([f"S{number}" for number in range(skus)], FACILITIES, rows // len(FACILITIES), rows % len(FACILITIES))
    priority = np.array([quota.priority for quota in policy.quotas])
    value = np.broadcast_to(1 / priority, channels.value.shape)
    terms = ruling(policy, SHOPS, place)
    return Ruled(stock, replace(channels, value=value), priority, place, terms, float(draw.choice([0.0, 0.2])))


def violations(case: Ruled, made: Allocation | None = None, again: Callable[[Ruled], Allocation] = Ruled.cut) -> dict[str, int]:
    """Rows, or SKUs, that break each promise; `again` cuts a changed case."""
    made = made or again(case)
    _, available, _ = promises(case.stock)
    broken = {
        "conserved": _lost(case.stock, made),
        "not negative": np.minimum.reduce([made.buffer, made.pool, made.oversold, made.quota.min(axis=1)]) < 0,
        "published within quota and pool": _beyond(made),
        "nothing from outside": ((made.published > 0) & ~case.terms.inside).any(axis=1),
        "never above what is available": _above(case, made, available),
        "numbers are those of the terms": _numbers_differ(case, made),
        "what is set apart is wanted": _unwanted(case, made, available),
        "short only where nothing is left": _needlessly_short(case, made, available),
        "scaled in proportion": _unfair(case, made, available),
        "a piece more takes none from better priorities": _taken_from_better(case, made, again),
        "pool knows no order of channels": _ordered(case, made, again),
    }
    return {name: int(np.count_nonzero(rows)) for name, rows in broken.items()}


def by_sku(case: Ruled, numbers: np.ndarray) -> np.ndarray:
    total = np.zeros((len(case.place.skus), *numbers.shape[1:]), np.int64)
    np.add.at(total, case.place.sku, numbers)
    return total


def _lost(stock: Stock, made: Allocation) -> np.ndarray:
    promised = stock.committed + stock.held + stock.presale
    return stock.on_hand + made.oversold != promised + made.buffer + made.quota.sum(axis=1) + made.pool


def _beyond(made: Allocation) -> np.ndarray:
    return ((made.published > made.quota + made.pool[:, None]) | (made.published < made.quota)).any(axis=1)


def _above(case: Ruled, made: Allocation, available: np.ndarray) -> np.ndarray:
    inside = np.where(case.terms.inside, available[:, None], 0)
    return (made.published > inside).any(axis=1)


def _numbers_differ(case: Ruled, made: Allocation) -> np.ndarray:
    """The terms by the book, on the sum over facilities, one shop and SKU after the other."""
    terms, open_to = case.terms, by_sku(case, np.where(case.terms.inside, made.pool[:, None], 0))
    shows = by_sku(case, made.published)
    wrong = np.zeros(len(case.place.skus), bool)
    for sku, shop in zip(*np.nonzero(terms.kind == NUMBER), strict=True):
        there = int(open_to[sku, shop])
        number = there * int(terms.part[sku, shop]) // WHOLE + int(terms.plus[sku, shop])
        number = min(max(number, int(terms.floor[sku, shop])), int(terms.cap[sku, shop]))
        number = int(terms.lock[sku, shop]) if terms.lock[sku, shop] < UNLIMITED else number
        expected = 0 if there <= terms.threshold[sku, shop] else max(0, min(number, there))
        wrong[sku] |= expected != shows[sku, shop]
    return wrong


def _most(case: Ruled, available: np.ndarray) -> np.ndarray:
    """The most that is set apart for each shop, (SKUs, shops): its lock, or its percentage of the pool, rounded up."""
    terms = case.terms
    there = by_sku(case, np.where(terms.inside, available[:, None], 0))
    share = -(-there * terms.part // WHOLE)
    most = np.where(terms.kind == LOCKED, terms.lock, np.where(terms.kind == SHARED, share + 1, 0))
    return np.minimum(np.minimum(most, terms.cap), there)


def _unwanted(case: Ruled, made: Allocation, available: np.ndarray) -> np.ndarray:
    apart = np.where(case.terms.set_apart, by_sku(case, made.quota), 0)
    return (apart > _most(case, available)).any(axis=1)


def _needlessly_short(case: Ruled, made: Allocation, available: np.ndarray) -> np.ndarray:
    """A lock that isn't filled leaves nothing in its facilities, but what thresholds gave back."""
    terms = case.terms
    apart = np.where(terms.set_apart[case.place.sku], made.quota, 0)
    left = by_sku(case, np.where(terms.inside, (available - apart.sum(axis=1))[:, None], 0))
    short = (terms.kind == LOCKED) & (by_sku(case, apart) < terms.lock)
    return (short & (left > 0)).any(axis=1) & ~_gives_back(case)


def _unfair(case: Ruled, made: Allocation, available: np.ndarray) -> np.ndarray:
    """Two locks of one priority and region: what each gets, of what it wants, differs by less than a piece from its share."""
    terms, got = case.terms, by_sku(case, made.quota)
    wrong = np.zeros(len(case.place.skus), bool)
    alike = terms.kind == LOCKED
    for level in np.unique(case.priority):
        for region in np.unique(terms.region[alike]):
            mine = alike & (case.priority == level) & (terms.region == region)
            wanted = np.where(mine, terms.lock, 0)
            both = np.where(mine, got, 0).sum(axis=1, keepdims=True)
            exact = both * wanted / np.maximum(1, wanted.sum(axis=1, keepdims=True))
            free_of_thresholds = ~(mine & (terms.threshold > 0)).any(axis=1)
            wrong |= (mine & (np.abs(got - exact) >= 1)).any(axis=1) & free_of_thresholds
    return wrong


def _taken_from_better(case: Ruled, made: Allocation, again: Callable[[Ruled], Allocation]) -> np.ndarray:
    """Where all that is set apart comes from the same facilities: the sum up to each priority never falls with a piece more."""
    terms = case.terms
    more = again(replace(case, stock=replace(case.stock, on_hand=case.stock.on_hand + (case.place.facility == 2))))
    before, after = (np.where(terms.set_apart, by_sku(case, one.quota), 0) for one in (made, more))
    fell = np.zeros(len(case.place.skus), bool)
    for level in np.unique(case.priority):
        better = case.priority <= level
        fell |= after[:, better].sum(axis=1) < before[:, better].sum(axis=1)
    regions = np.where(terms.set_apart, terms.region, -1)
    spread = np.ma.masked_equal(regions, -1)
    return fell & (spread.max(axis=1).filled(0) == spread.min(axis=1).filled(0)) & ~_gives_back(case)


def _gives_back(case: Ruled) -> np.ndarray:
    """SKUs where a threshold or a maximum may give back what was set apart: that can turn on who got an odd piece."""
    terms = case.terms
    limited = (terms.threshold > 0) | (terms.cap < UNLIMITED)
    return (terms.set_apart & limited).any(axis=1)


def _ordered(case: Ruled, made: Allocation, again: Callable[[Ruled], Allocation]) -> np.ndarray:
    """With the shops in the other order the pool is the same."""
    turn = {name: getattr(case.channels, name)[:, ::-1] for name in Channels.__slots__}
    terms = {name: getattr(case.terms, name)[:, ::-1] for name in Ruling.__slots__}
    mirrored = replace(case, channels=Channels(**turn), priority=case.priority[::-1], terms=Ruling(**terms))
    return (again(mirrored).pool != made.pool) & ~_gives_back(case)[case.place.sku]
