"""Which rule of the policy says what for each SKU and shop: the last that matches wins, and only its terms count."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.globs import matcher
from sluice.planning.quotas import UNLIMITED
from sluice.planning_policy import ChannelRule, Planning

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

COMPUTED, NUMBER, LOCKED, SHARED = range(4)
"""How a number comes about: by the allocator; from what is available; an exclusive lock; a share of a regional pool."""

WHOLE = 1_000_000
"""100 percent: a percentage is kept in parts per million, so that every share is exact."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where each row lies: the position of its SKU in `skus` and of its facility in `facilities`, (rows)."""

    skus: Sequence[str]
    facilities: Sequence[str]
    sku: Integers
    facility: Integers


@dataclass(frozen=True, slots=True)
class Ruling:
    """The terms in force, (SKUs, shops). `winner` is the rule's position in the policy, -1 where none matches.

    `part` is a percentage in parts per million, of what is available or of the regional pool; `lock` is UNLIMITED where the
    number isn't fixed. `region` tells sets of facilities apart: shops of one region may draw from the same facilities. `pool`
    tells regional pools apart. `inside` (rows, shops) says whether a shop may draw from a row at all.
    """

    winner: Integers
    kind: Integers
    part: Integers
    plus: Integers
    floor: Integers
    cap: Integers
    threshold: Integers
    lock: Integers
    pool: Integers
    region: Integers
    inside: Booleans

    @property
    def set_apart(self) -> Booleans:
        """Shops whose number is a quota of their own, cut before any other, (SKUs, shops)."""
        return self.kind >= LOCKED


def ruling(policy: Planning, shops: Sequence[tuple[str, str]], place: Place) -> Ruling:
    """What the policy's rules say for the SKUs and facilities of `place`."""
    winner = _winner(policy.rules, shops, place.skus)
    regions = _regions(policy, place.facilities)
    told = [_terms(policy, rule) for rule in [*policy.rules, ChannelRule(publish="computed")]]
    names = np.unique(regions, axis=0, return_inverse=True)[1].reshape(-1)
    terms = {name: np.array([term[name] for term in told], np.int64)[winner] for name in told[0]}
    inside = regions[winner[place.sku], place.facility[:, None]]
    return Ruling(winner=winner, region=names[winner].astype(np.int64), inside=inside, **terms)


def _winner(rules: Sequence[ChannelRule], shops: Sequence[tuple[str, str]], skus: Sequence[str]) -> Integers:
    winner = np.full((len(skus), len(shops)), -1, np.int64)
    for number, rule in enumerate(rules):
        columns = np.array([rule.covers(*shop) for shop in shops], bool)
        matches = matcher(rule.sku)
        rows = slice(None) if "*" in rule.sku else np.array([matches(sku) for sku in skus], bool)
        winner[rows] = np.where(columns, number, winner[rows])
    return winner


def _regions(policy: Planning, facilities: Sequence[str]) -> Booleans:
    """Facilities that count, (rules + 1, facilities); the last line is for no rule. There is always one column."""
    every = np.ones((len(policy.rules) + 1, max(1, len(facilities))), bool)
    for number, rule in enumerate(policy.rules):
        if rule.share:
            named = [facility in policy.pools[rule.share.pool] for facility in facilities]
        elif rule.facilities:
            matches = matcher(rule.facilities.only or rule.facilities.except_ or [])
            named = [matches(facility) == (rule.facilities.only is not None) for facility in facilities]
        else:
            continue
        every[number, : len(facilities)] = named
    return every


def _terms(policy: Planning, rule: ChannelRule) -> dict[str, int]:
    kind = COMPUTED if rule.publish == "computed" else LOCKED if rule.exclusive else SHARED if rule.share else NUMBER
    return {
        "kind": kind,
        "part": round((rule.share.percent if rule.share else rule.percent) * WHOLE / 100),
        "plus": rule.plus,
        "floor": rule.min,
        "cap": UNLIMITED if rule.max is None else rule.max,
        "threshold": rule.threshold,
        "lock": UNLIMITED if rule.lock is None else rule.lock,
        "pool": list(policy.pools).index(rule.share.pool) if rule.share else -1,
    }


def described(rule: ChannelRule, number: int) -> str:
    """The rule in words, with its number as a reader of sluice.yaml counts: the first is 1."""
    name = f"rule {number + 1}" + (f" ({rule.name})" if rule.name else "")
    if rule.publish == "computed":
        terms = ["computed"]
    elif rule.lock is not None:
        terms = [f"{'exclusive ' if rule.exclusive else ''}lock {rule.lock}"]
    elif rule.share:
        terms = [f"{rule.share.percent:g} % of pool {rule.share.pool}"]
    else:
        terms = [f"{rule.percent:g} %"]
    terms += [f"{rule.plus:+d}"] if rule.plus else []
    terms += [f"at least {rule.min}"] if rule.min else []
    terms += [] if rule.max is None else [f"at most {rule.max}"]
    terms += [f"0 at or below {rule.threshold}"] if rule.threshold else []
    if rule.facilities:
        only = rule.facilities.only
        terms += [f"{'only' if only else 'except'} {', '.join(only or rule.facilities.except_ or [])}"]
    return f"{name}: {', '.join(terms)}"
