"""From the decided quotas to the channels, through the outbox: each decision takes effect at the channel once."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

from sluice.channels.protocol import Answer, Channel, ChannelError, Quota

ATTEMPTS = 5
"""Tries before a message is dead and a person is called."""
BATCH = 500

# A bundle is worth its scarcest component. A facility channel gets a number a facility; a total channel their sum.
QUEUE = """
with pieces as (
    select q.facility_id, q.sku, q.published from planning.quotas as q
    where q.run_id = %(run)s and q.channel = %(channel)s and q.shop = %(shop)s
),
sellable as (
    select facility_id, sku, published from pieces
    union all
    select p.facility_id, b.bundle_sku, min(p.published / b.quantity)
    from unified.bundle_components as b
    inner join pieces as p on p.sku = b.component_sku
    group by p.facility_id, b.bundle_sku
    having count(*) = (select count(*) from unified.bundle_components as whole where whole.bundle_sku = b.bundle_sku)
),
numbers as (
    select case when %(by_facility)s then facility_id end as facility_id, sku, sum(published)::integer as quantity
    from sellable group by 1, 2
)
insert into ops.outbox (decision_id, run_id, channel, shop, sku, product_id, listing_id, stock_ref, facility_id, quantity)
select
    concat_ws(':', %(run)s::bigint, l.channel, l.shop, l.listing_id, n.facility_id), %(run)s::bigint, l.channel, l.shop, n.sku,
    l.product_id, l.listing_id, l.stock_ref, n.facility_id, n.quantity
from numbers as n
inner join unified.products as l on l.channel = %(channel)s and l.shop = %(shop)s and l.sku = n.sku and l.status = 'active'
on conflict (decision_id) do nothing
"""

# The newest decision for a listing wins; an older one that never went out must not go out after it.
SUPERSEDE = """
update ops.outbox as o set state = 'superseded'
where
    o.channel = %(channel)s and o.shop = %(shop)s and o.state = 'pending'
    and exists (
        select from ops.outbox as n
        where n.channel = o.channel and n.shop = o.shop and n.listing_id = o.listing_id
        and n.facility_id is not distinct from o.facility_id and n.message_id > o.message_id
    )
"""

NEXT = """
select message_id, decision_id, sku, product_id, listing_id, stock_ref, facility_id, quantity
from ops.outbox
where channel = %s and shop = %s and state = 'pending' and next_attempt_at <= now()
order by message_id limit %s
for update skip locked
"""

SETTLE = """
update ops.outbox set
    attempts = attempts + 1,
    answer = %(message)s,
    read_back = %(read_back)s,
    state = case when %(accepted)s then 'sent' when attempts + 1 >= %(limit)s then 'dead' else 'pending' end,
    sent_at = case when %(accepted)s then now() end,
    next_attempt_at = now() + interval '30 seconds' * 2 ^ attempts
where message_id = %(message_id)s
"""


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
    """What a delivery did, in messages. `confirmed`: the channel showed the published number when read back."""

    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    dead: int = 0


def queue(db: Connection, run_id: int, channel: str, shop: str, by_facility: bool) -> int:
    """Queue the run's numbers for one shop, in the caller's transaction; the number queued. A second time it queues none."""
    values = {"run": run_id, "channel": channel, "shop": shop, "by_facility": by_facility}
    queued = db.execute(QUEUE, values).rowcount
    db.execute(SUPERSEDE, values)
    return queued


def deliver(db: Connection, channel_name: str, shop: str, channel: Channel) -> Published:
    """Send what is due to one shop and keep each answer. A fault of the channel leaves its messages due for a later try."""
    total = Published()
    while True:
        with db.transaction():
            messages = _due(db, channel_name, shop)
            if not messages:
                return total
            total = _plus(total, _send(db, channel, messages))


def _due(db: Connection, channel_name: str, shop: str) -> list[Message]:
    with db.cursor(row_factory=class_row(Message)) as cursor:
        return cursor.execute(NEXT, (channel_name, shop, BATCH)).fetchall()


def _send(db: Connection, channel: Channel, messages: Sequence[Message]) -> Published:
    by_decision = {message.decision_id: message for message in messages}
    answers: dict[str, Answer] = {}
    fault = "the channel gave no answer for it"
    try:
        for answer in channel.publish([message.quota() for message in messages]):
            answers[answer.decision_id] = answer
    except ChannelError as error:
        fault = str(error)
    settled = [answers.get(decision) or Answer(decision, False, fault) for decision in by_decision]
    with db.cursor() as cursor:
        cursor.executemany(SETTLE, [_settlement(by_decision[answer.decision_id], answer) for answer in settled])
    dead = db.execute(
        "select count(*) from ops.outbox where state = 'dead' and message_id = any(%s)",
        ([message.message_id for message in messages],),
    ).fetchone()
    return Published(
        sent=sum(answer.accepted for answer in settled),
        confirmed=sum(answer.accepted and answer.read_back == by_decision[answer.decision_id].quantity for answer in settled),
        refused=sum(not answer.accepted for answer in settled),
        dead=dead[0] if dead else 0,
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
    return Published(one.sent + other.sent, one.confirmed + other.confirmed, one.refused + other.refused, one.dead + other.dead)
