"""Tell each target what it has not been told yet. What can't be delivered stays in ops.alert_deliveries for the next run."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from sluice.alerts.message import Event, Message
from sluice.alerts.problems import take_turn
from sluice.alerts.send import DeliveryError, send

log = logging.getLogger(__name__)

# A problem that came and went untold is still worth a word for a day; a target added today is not told of last year's.
PENDING = """
select a.alert_id, case when a.closed_at is null then 'opened' else 'closed' end as event,
    a.severity, a.title, a.detail, a.opened_at, a.closed_at
from ops.alerts a
left join ops.alert_deliveries o on o.alert_id = a.alert_id and o.target = %(target)s and o.event = 'opened'
left join ops.alert_deliveries c on c.alert_id = a.alert_id and c.target = %(target)s and c.event = 'closed'
where (a.closed_at is null and o.delivered_at is null)
    or (a.closed_at is not null and c.delivered_at is null
        and (o.alert_id is not null or a.closed_at > now() - interval '1 day'))
order by a.closed_at is not null, a.severity, a.alert_id
"""
RECORD = """
insert into ops.alert_deliveries (alert_id, event, target, attempts, last_error, delivered_at)
select alert_id, event, %(target)s, 1, %(error)s::text, case when %(error)s::text is null then now() end
from unnest(%(ids)s::bigint[], %(events)s::text[]) as told (alert_id, event)
on conflict (alert_id, event, target) do update set attempts = ops.alert_deliveries.attempts + 1,
    last_error = excluded.last_error, attempted_at = now(), delivered_at = excluded.delivered_at
"""
# Told when every target was told.
MARK = """
update ops.alerts a set
    notified_at = coalesce(notified_at, case when told.opened = %(targets)s then now() end),
    resolved_notified_at = coalesce(resolved_notified_at, case when told.closed = %(targets)s then now() end)
from (
    select alert_id, count(distinct target) as opened, count(*) filter (where event = 'closed') as closed
    from ops.alert_deliveries where delivered_at is not null and target = any(%(names)s)
    group by alert_id
) told
where told.alert_id = a.alert_id and (a.notified_at is null or a.resolved_notified_at is null)
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one target fared: events it was told, and why not if it was not."""

    target: str
    events: int
    error: str | None = None


def deliver(db: psycopg.Connection, targets: Mapping[str, str]) -> list[Delivery]:
    """One message a target with all it has not been told. `targets` holds addresses by name; the name is what is kept.

    A target's turn is one transaction: a crash after the platform took the message and before the commit repeats it.
    """
    done = [_deliver(db, name, address) for name, address in targets.items()]
    with db.transaction():
        take_turn(db)
        db.execute(MARK, {"targets": len(targets), "names": list(targets)})
    return [delivery for delivery in done if delivery.events]


def _deliver(db: psycopg.Connection, name: str, address: str) -> Delivery:
    with db.transaction():
        # Two runs at once: the second waits, then finds nothing left to tell.
        db.execute("select pg_advisory_xact_lock(hashtextextended('alert target ' || %s, 0))", (name,))
        with db.cursor(row_factory=class_row(Event)) as cursor:
            events = cursor.execute(PENDING, {"target": name}).fetchall()
        if not events:
            return Delivery(name, 0)
        error = _tried(address, Message(events))
        ids, kinds = [event.alert_id for event in events], [event.event for event in events]
        db.execute(RECORD, {"target": name, "error": error, "ids": ids, "events": kinds})
    if error:
        log.warning("alert target %s: %s; kept for the next run", name, error)
    return Delivery(name, len(events), error)


def _tried(address: str, message: Message) -> str | None:
    try:
        send(address, message)
    except DeliveryError as fault:
        return str(fault)
    return None
