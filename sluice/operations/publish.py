"""From the outbox to a channel: the newest number of each listing takes effect at the channel once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row

from sluice.channels.protocol import Answer, Channel, ChannelError, Quota
from sluice.operations.outbox import Outlet

ATTEMPTS = 5
"""Refusals of a single number before its message is dead and a person is called."""
BATCH = 500
LONGEST_REST = 300
"""Seconds between two tries at most of a shop that takes nothing at all."""

# The newest decision for a listing wins; an older one that did not go out must not go out after it.
SUPERSEDE = """
update ops.outbox as o set state = 'superseded'
where
    o.channel = %(channel)s and o.shop = %(shop)s and o.state = 'pending'
    and exists (
        select from ops.outbox as n
        where
            n.channel = o.channel and n.shop = o.shop and n.listing_id = o.listing_id
            and coalesce(n.facility_id, '') = coalesce(o.facility_id, '') and n.message_id > o.message_id
    )
"""
# A decision may be queued after the look above: of two for one listing, only the newer may go out.
DUE = """
select o.message_id, o.decision_id, o.sku, o.product_id, o.listing_id, o.stock_ref, o.facility_id, o.quantity
from ops.outbox as o
where
    o.channel = %(channel)s and o.shop = %(shop)s and o.state = 'pending' and o.next_attempt_at <= now()
    and not exists (
        select from ops.outbox as n
        where
            n.channel = o.channel and n.shop = o.shop and n.listing_id = o.listing_id
            and coalesce(n.facility_id, '') = coalesce(o.facility_id, '') and n.message_id > o.message_id
    )
order by o.message_id limit %(limit)s
"""
SETTLE = """
update ops.outbox set
    attempts = attempts + 1,
    answer = %(message)s,
    read_back = %(read_back)s,
    state = case when %(accepted)s then 'sent' when attempts + 1 >= %(limit)s then 'dead' else 'pending' end,
    sent_at = case when %(accepted)s then clock_timestamp() end,
    next_attempt_at = now() + interval '30 seconds' * 2 ^ attempts
where message_id = %(message_id)s
"""
RESTING = "select from ops.outlet_faults where channel = %s and shop = %s and next_attempt_at > now()"
FAILED = """
insert into ops.outlet_faults as f (channel, shop, fault, next_attempt_at)
values (%(channel)s, %(shop)s, %(fault)s, now() + interval '5 seconds')
on conflict (channel, shop) do update set
    failures = f.failures + 1,
    fault = excluded.fault,
    next_attempt_at = now() + least(interval '5 seconds' * 2 ^ least(f.failures, 10), make_interval(secs => %(longest)s))
"""
ANSWERS_AGAIN = "delete from ops.outlet_faults where channel = %s and shop = %s"
LOCK = "hashtextextended('deliver ' || %s, 0)"


@dataclass(frozen=True, slots=True)
class Message:
    message_id: int
    decision_id: str
    sku: str
    product_id: str
    listing_id: str
    stock_ref: str | None
    facility_id: str | None
    quantity: int

    def quota(self) -> Quota:
        return Quota(
            self.decision_id, self.sku, self.product_id, self.listing_id, self.stock_ref, self.facility_id, self.quantity
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What a delivery did, in messages. `confirmed`: the channel showed the published number when read back.

    `fault` is why the shop took no more; the messages that it did not take wait until it does. `is_ours` is false where another
    delivery to the shop was under way.
    """

    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    dead: int = 0
    fault: str | None = None
    is_ours: bool = True


def deliver(db: Connection, outlet: Outlet, channel: Channel, wait: bool = True) -> Published:
    """Send what is due to one shop and keep each answer, until nothing is due.

    One delivery a shop at a time, so that no number overtakes a newer one: another waits, or leaves at once with `wait=False`.
    No transaction is open while the channel is asked; a crash leaves messages pending, and they go out again under the same
    decision ids. Commits on `db` as it goes, what the caller left open included.
    """
    with _alone(db, outlet, wait) as is_ours:
        if not is_ours:
            return Published(is_ours=False)
        total = Published()
        while total.fault is None and (messages := _due(db, outlet)):
            total = _plus(total, _send(db, outlet, channel, messages))
        return total


@contextmanager
def _alone(db: Connection, outlet: Outlet, wait: bool) -> Iterator[bool]:
    """Hold the shop's lock over many transactions; a connection that breaks gives it back."""
    if db.info.transaction_status != TransactionStatus.IDLE:
        db.commit()
    take = "pg_advisory_lock({}) is not null" if wait else "pg_try_advisory_lock({})"
    row = db.execute(f"select {take.format(LOCK)}", (outlet.name,)).fetchone()
    db.commit()
    is_ours = bool(row and row[0])
    try:
        yield is_ours
    finally:
        if is_ours and not (db.closed or db.broken):
            db.rollback()
            db.execute(f"select pg_advisory_unlock({LOCK})", (outlet.name,))
            db.commit()


def _due(db: Connection, outlet: Outlet) -> list[Message]:
    values = {"channel": outlet.channel, "shop": outlet.shop, "limit": BATCH}
    with db.transaction(), db.cursor(row_factory=class_row(Message)) as cursor:
        if cursor.execute(RESTING, (outlet.channel, outlet.shop)).rowcount:
            return []
        cursor.execute(SUPERSEDE, values)
        return cursor.execute(DUE, values).fetchall()


def _send(db: Connection, outlet: Outlet, channel: Channel, messages: Sequence[Message]) -> Published:
    by_decision = {message.decision_id: message for message in messages}
    answers: dict[str, Answer] = {}
    fault: str | None = None
    try:
        for answer in channel.publish([message.quota() for message in messages]):
            answers[answer.decision_id] = answer
    except ChannelError as error:
        fault = str(error)
    else:
        for decision in by_decision.keys() - answers.keys():
            answers[decision] = Answer(decision, False, "the channel gave no answer for it")
    settled = list(answers.values())
    with db.transaction():
        with db.cursor() as cursor:
            cursor.executemany(SETTLE, [_settlement(by_decision[answer.decision_id], answer) for answer in settled])
        if fault is None:
            db.execute(ANSWERS_AGAIN, (outlet.channel, outlet.shop))
        else:
            db.execute(FAILED, {"channel": outlet.channel, "shop": outlet.shop, "fault": fault[:500], "longest": LONGEST_REST})
        dead = db.execute(
            "select count(*) from ops.outbox where state = 'dead' and message_id = any(%s)",
            ([message.message_id for message in messages],),
        ).fetchone()
    return Published(
        sent=sum(answer.accepted for answer in settled),
        confirmed=sum(answer.accepted and answer.read_back == by_decision[answer.decision_id].quantity for answer in settled),
        refused=sum(not answer.accepted for answer in settled),
        dead=dead[0] if dead else 0,
        fault=fault,
    )


def _settlement(message: Message, answer: Answer) -> dict[str, object]:
    return {
        "message_id": message.message_id,
        "message": answer.message[:500],
        "read_back": answer.read_back,
        "accepted": answer.accepted,
        "limit": ATTEMPTS,
    }


def _plus(one: Published, other: Published) -> Published:
    return Published(
        one.sent + other.sent,
        one.confirmed + other.confirmed,
        one.refused + other.refused,
        one.dead + other.dead,
        other.fault,
    )
