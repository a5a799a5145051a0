"""Who orders when: the head of every order of one shop, before anything is in the basket."""

from dataclasses import dataclass

import numpy as np

from sluice.sandbox import seasons
from sluice.sandbox.catalogue import Shop
from sluice.sandbox.draws import DAY, HOUR, MINUTE, Flags, Ints, weighted
from sluice.sandbox.people import People

FRAUD_SHARE = {"own_shop": 0.01, "marketplace": 0.003, "store": 0.0}
BURST = 6
"""Orders in a row that a fraudster sends off within an hour or two."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Orders of one shop by time of creation. `person` and `ship_to` are positions in the persons frame."""

    created: Ints
    person: Ints
    ship_to: Ints
    is_fraud: Flags

    def __len__(self) -> int:
        return len(self.created)


def generate(rng: np.random.Generator, shop: Shop, people: People, count: int) -> Heads:
    """`count` orders from the shop's opening up to AS_OF and, at the same pace, those after it."""
    kind, first = shop.kind, int(shop.opened.timestamp())
    busy = seasons.hourly(kind, shop.timezone, rng)
    opened, past = ((moment - seasons.FIRST_SECOND) // HOUR for moment in (first, seasons.NOW_SECOND))
    coming = round(count * busy[past:].sum() / busy[opened:past].sum())
    frauds = min(count // 4, round(count * FRAUD_SHARE[kind]))
    spree, crook = _bursts(rng, first, people, frauds)
    now, last = seasons.NOW_SECOND, seasons.LAST_SECOND
    ordinary = np.concatenate(
        [seasons.arrivals(rng, busy, first, now, count - frauds), seasons.arrivals(rng, busy, now, last, coming)]
    )
    buyers = np.flatnonzero(people.members[kind] & ~people.is_fraudster)
    buyer = buyers[weighted(rng, people.activity[buyers], len(ordinary))]
    created, person = np.concatenate([ordinary, spree]), np.concatenate([buyer, crook])
    order = np.argsort(created, kind="stable")
    is_fraud = (np.arange(len(created)) >= len(ordinary))[order]
    return Heads(created[order], person[order], _destinations(rng, person[order], is_fraud, people), is_fraud)


def _bursts(rng: np.random.Generator, first: int, people: People, count: int) -> tuple[Ints, Ints]:
    """Times and persons of fraudulent orders: a few minutes apart, all before AS_OF."""
    bursts = -(-count // BURST)
    begin = rng.integers(max(first, seasons.FIRST_SECOND + 30 * DAY), seasons.NOW_SECOND - DAY, bursts)
    crooks = np.flatnonzero(people.is_fraudster)
    who = crooks[rng.integers(0, len(crooks), bursts)]
    pause = rng.integers(2 * MINUTE, 15 * MINUTE, (bursts, BURST)).cumsum(axis=1)
    return (begin[:, None] + pause).ravel()[:count], np.repeat(who, BURST)[:count]


def _destinations(rng: np.random.Generator, person: Ints, is_fraud: Flags, people: People) -> Ints:
    """Whose address the parcel goes to: mostly the buyer's, now and then a friend's, in a fraud a stranger's."""
    elsewhere = is_fraud | (rng.random(len(person)) < 0.025)
    other = rng.integers(0, len(people.place), len(person))
    same_country = people.members["marketplace"][other] == people.members["marketplace"][person]
    return np.where(elsewhere & (is_fraud | same_country), other, person)
