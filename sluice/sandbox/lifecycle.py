"""What becomes of the orders: paid or not, shipped, delivered, completed or cancelled, and what is given back."""

from dataclasses import dataclass

import numpy as np

from sluice.sandbox.baskets import Baskets
from sluice.sandbox.draws import DAY, HOUR, MINUTE, NEVER, Flags, Ints, after, seconds
from sluice.sandbox.traffic import Heads

UNPAID_RATE = {"own_shop": 0.02, "marketplace": 0.07, "store": 0.0}
CHANGED_MIND_RATE = {"own_shop": 0.02, "marketplace": 0.035, "store": 0.0}
"""Orders that are cancelled after payment and before the parcel leaves."""
LATE_RATE, LOST_RATE = 0.05, 0.002
REFUND_RATE = {"own_shop": 0.06, "marketplace": 0.085, "store": 0.025}
RETURN_SHARE, REJECTED_SHARE, RESTOCKED_SHARE = 0.62, 0.09, 0.8
COMPLETED_AFTER_DAYS = {"own_shop": 14, "marketplace": 10, "store": 0}


@dataclass(frozen=True, slots=True)
class Events:
    """Moments of each order, NEVER where they don't come."""

    paid: Ints
    shipped: Ints
    delivered: Ints
    completed: Ints
    cancelled: Ints
    promised: Ints


def generate(rng: np.random.Generator, kind: str, heads: Heads, baskets: Baskets, is_abroad: Flags) -> Events:
    """When things happen. A store's order is paid and taken at once; a presale waits for the goods."""
    if kind == "store":
        now = heads.created
        return Events(now, now, now, now, np.full(len(heads), NEVER), np.full(len(heads), NEVER))
    count = len(heads)
    paid = _paid(rng, kind, heads)
    unpaid = paid == NEVER
    ready = np.maximum(np.where(unpaid, 0, paid), np.where(baskets.released > heads.created, baskets.released, 0))
    hurry = np.where(baskets.promotion >= 0, 2, 1)
    shipped = ready + seconds(rng, 4 * HOUR, 60 * HOUR, count) * hurry
    regretted = ~unpaid & (rng.random(count) < np.where(heads.is_fraud, 0.55, CHANGED_MIND_RATE[kind]))
    cancelled = np.where(unpaid, heads.created + seconds(rng, DAY, 3 * DAY, count), NEVER)
    before = ((shipped - paid * ~unpaid) * rng.uniform(0.1, 0.9, count)).astype(np.int64)
    cancelled = np.where(regretted, np.where(unpaid, 0, paid) + before, cancelled)
    shipped = np.where(unpaid | regretted, NEVER, shipped)
    delivered = after(shipped, _transit(rng, is_abroad))
    delivered[rng.random(count) < LOST_RATE] = NEVER
    promised = np.where(unpaid, NEVER, ready + np.where(is_abroad, 18, 7) * DAY)
    completed = after(delivered, np.full(count, COMPLETED_AFTER_DAYS[kind] * DAY))
    return Events(paid, shipped, delivered, completed, cancelled, promised)


def _paid(rng: np.random.Generator, kind: str, heads: Heads) -> Ints:
    count = len(heads)
    slow = rng.random(count) < 0.05
    wait = np.where(slow, seconds(rng, HOUR, 20 * HOUR, count), seconds(rng, 4, 6 * MINUTE, count))
    never = (rng.random(count) < UNPAID_RATE[kind]) & ~heads.is_fraud
    return np.where(never, NEVER, heads.created + wait)


def _transit(rng: np.random.Generator, is_abroad: Flags) -> Ints:
    """Days on the road, a few parcels far longer than promised."""
    count = len(is_abroad)
    road = np.where(is_abroad, seconds(rng, 5 * DAY, 14 * DAY, count), seconds(rng, DAY, 4 * DAY, count))
    late = rng.random(count) < LATE_RATE
    return road + np.where(late, seconds(rng, 5 * DAY, 16 * DAY, count), 0)


@dataclass(frozen=True, slots=True)
class Refunds:
    """Arrays a refund; `line` is a position among the baskets' lines. Amounts in minor units of the order's currency."""

    line: Ints
    quantity: Ints
    amount: Ints
    is_return: Flags
    is_restocked: Flags
    requested: Ints
    approved: Ints
    returned: Ints
    completed: Ints
    rejected: Ints


def refunds(rng: np.random.Generator, kind: str, baskets: Baskets, events: Events) -> Refunds:
    """Everything that is given back: of orders cancelled after payment all of it, of delivered ones now and then a line."""
    parts = [_of_cancelled(rng, baskets, events), _of_lost(rng, baskets, events), _of_delivered(rng, kind, baskets, events)]
    joined = Refunds(*(np.concatenate([getattr(part, name) for part in parts]) for name in Refunds.__slots__))
    order = np.argsort(joined.line, kind="stable")
    return Refunds(*(getattr(joined, name)[order] for name in Refunds.__slots__))


def _paid_for(baskets: Baskets, line: Ints) -> Ints:
    """What was paid for a line, with its tax; the order's shipping goes with the first line."""
    shipping = np.where(baskets.line_number[line] == 1, baskets.shipping[baskets.owner[line]], 0)
    return baskets.line_total[line] + baskets.line_tax[line] + shipping


def _whole(baskets: Baskets, line: Ints, requested: Ints, decided: Ints) -> Refunds:
    never, no = np.full(len(line), NEVER), np.zeros(len(line), dtype=bool)
    completed = decided + 10 * MINUTE
    return Refunds(line, baskets.quantity[line], _paid_for(baskets, line), no, no, requested, decided, never, completed, never)


def _of_cancelled(rng: np.random.Generator, baskets: Baskets, events: Events) -> Refunds:
    given_back = (events.cancelled != NEVER) & (events.paid != NEVER)
    line = np.flatnonzero(given_back[baskets.owner])
    at = events.cancelled[baskets.owner[line]]
    return _whole(baskets, line, at, at + 5 * MINUTE)


def _of_lost(rng: np.random.Generator, baskets: Baskets, events: Events) -> Refunds:
    lost = (events.shipped != NEVER) & (events.delivered == NEVER)
    line = np.flatnonzero(lost[baskets.owner])
    owner = baskets.owner[line]
    at = events.shipped[owner] + seconds(rng, 18 * DAY, 25 * DAY, len(lost))[owner]
    return _whole(baskets, line, at, at + 2 * DAY)


def _of_delivered(rng: np.random.Generator, kind: str, baskets: Baskets, events: Events) -> Refunds:
    """One line of the order: sent back, or kept with half its price returned; some wishes are turned down."""
    unhappy = (events.delivered != NEVER) & (rng.random(len(events.paid)) < REFUND_RATE[kind])
    owner = np.flatnonzero(unhappy)
    count = len(owner)
    sizes = np.diff(np.append(baskets.starts, len(baskets.owner)))[owner]
    line = baskets.starts[owner] + (rng.random(count) * sizes).astype(np.int64)
    is_return = (rng.random(count) < RETURN_SHARE) | (kind == "store")
    bought = baskets.quantity[line]
    quantity = np.where(is_return, 1 + (rng.random(count) * bought).astype(np.int64), bought)
    net = (baskets.line_total + baskets.line_tax)[line]
    amount = np.where(is_return, net * quantity // bought, net // 2)
    requested = events.delivered[owner] + seconds(rng, HOUR, 9 * DAY, count)
    verdict = requested + (10 * MINUTE if kind == "store" else seconds(rng, HOUR, 2 * DAY, count))
    is_rejected = (rng.random(count) < REJECTED_SHARE) & (kind != "store")
    approved = np.where(is_rejected, NEVER, verdict)
    sent_back = approved if kind == "store" else after(approved, seconds(rng, 2 * DAY, 8 * DAY, count))
    returned = np.where(is_return, sent_back, NEVER)
    settled = after(np.where(is_return, returned, approved), seconds(rng, 5 * MINUTE, 2 * DAY, count))
    return Refunds(
        line=line,
        quantity=quantity,
        amount=amount,
        is_return=is_return,
        is_restocked=is_return & ~is_rejected & (rng.random(count) < RESTOCKED_SHARE),
        requested=requested,
        approved=approved,
        returned=returned,
        completed=settled,
        rejected=np.where(is_rejected, verdict, NEVER),
    )
