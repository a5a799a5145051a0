"""Persons: the 360 and the journey over all shops, from the marts as of their last build; contacts as last landed."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from psycopg import sql

from sluice.service.auth import Asking, Caller
from sluice.service.customer_models import Account, Customer360, CustomerEvent, EventPage
from sluice.service.database import Connection, Database
from sluice.service.errors import responses
from sluice.service.filters import LARGEST_PAGE
from sluice.service.masking import masked
from sluice.service.paging import CursorFault, EventPosition

router = APIRouter(tags=["customers"])
PERSON = "select {columns} from marts.customer_360 where customer_key = %(key)s"
RECORDS: LiteralString = "select channel, shop, customer_id from customers.crosswalk where customer_key = %s order by 1, 2, 3"
MERGED: LiteralString = "select merged_into from customers.keys where customer_key = %s and merged_into is not null"
# Written so that the condition reaches each channel's own key; an id that two shops share brings both, so the caller chooses.
CONTACTS = """
select {columns} from unified.customers
where channel = any(%(channels)s) and shop = any(%(shops)s) and customer_id = any(%(ids)s)
"""
AFTER = "(j.occurred_at, j.channel, j.shop, j.order_id, j.event, j.record_id) < (%(at)s, %(c)s, %(s)s, %(o)s, %(e)s, %(r)s)"
# The crosswalk's text is of another order than the marts': under its own the index of the journeys could not be used.
EVENTS = """
select {columns}
from customers.crosswalk as w
inner join marts.order_journey as j
    on j.channel = w.channel collate "default" and j.shop = w.shop collate "default"
    and j.customer_id = w.customer_id collate "default"
where w.customer_key = %(key)s and {after}
order by j.occurred_at desc, j.channel desc, j.shop desc, j.order_id desc, j.event desc, j.record_id desc
limit %(limit)s
"""


@router.get("/customers/{customer_key}", responses=responses(401, 404, 422, 503))
def read_customer(db: Database, caller: Asking, customer_key: UUID) -> Customer360:
    """A person: what they bought over all shops, what they prefer, what is open, what they are worth.

    Names, e-mail addresses and phone numbers are masked, unless the key has the scope `pii`.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, set(Customer360.model_fields) - {"accounts"}))
    with db.transaction():
        row = db.execute(sql.SQL(PERSON).format(columns=columns), {"key": customer_key}).fetchone()
        if row is None:
            raise _nobody(db, customer_key)
        return Customer360(**row, accounts=_accounts(db, customer_key, caller))


@router.get("/customers/{customer_key}/events", responses=responses(400, 401, 404, 422, 503))
def list_events(
    db: Database,
    caller: Asking,
    customer_key: UUID,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000, description="`next_cursor` of the page before.")] = None,
) -> EventPage:
    """What happened between a person and all shops, newest first: ordered, paid, shipped, delivered, returned and so on.

    Follow `next_cursor` to the end and each event is given once. As of the warehouse's last build.
    """
    values: dict[str, Any] = {"key": customer_key, "limit": limit + 1}
    if cursor is not None:
        try:
            place = EventPosition.read(cursor)
        except CursorFault as fault:
            raise HTTPException(400, str(fault)) from fault
        values |= {"at": place.occurred_at, "c": place.channel, "s": place.shop}
        values |= {"o": place.order_id, "e": place.event, "r": place.record_id}
    statement = sql.SQL(EVENTS).format(
        columns=sql.SQL(", ").join(sql.Identifier("j", name) for name in CustomerEvent.model_fields),
        after=sql.SQL(AFTER if cursor is not None else "true"),
    )
    rows = db.execute(statement, values).fetchall()
    if (
        not rows
        and cursor is None
        and db.execute("select from customers.keys where customer_key = %s", (customer_key,)).fetchone() is None
    ):
        raise _nobody(db, customer_key)
    events = [CustomerEvent.model_validate(row) for row in rows[:limit]]
    return EventPage(events=events, next_cursor=_place(events[-1]).cursor() if len(rows) > limit else None)


def _place(event: CustomerEvent) -> EventPosition:
    return EventPosition(event.occurred_at, event.channel, event.shop, event.order_id, event.event, event.record_id)


def _nobody(db: Connection, key: UUID) -> HTTPException:
    merged = db.execute(MERGED, (key,)).fetchone()
    reason = f"was merged into {merged['merged_into']}" if merged else "is nobody, or nobody yet: the warehouse is built by a run"
    return HTTPException(404, f"the customer {key} {reason}")


def _accounts(db: Connection, key: UUID, caller: Caller) -> list[Account]:
    records = [(row["channel"], row["shop"], row["customer_id"]) for row in db.execute(RECORDS, (key,))]
    if not records:
        return []
    # Planning a view over all channels takes ten times as long as a look-up by key: plan once a connection.
    db.execute("set local plan_cache_mode = force_generic_plan")
    columns = sql.SQL(", ").join(map(sql.Identifier, Account.model_fields))
    channels, shops, ids = (sorted(set(names)) for names in zip(*records, strict=True))
    wanted = set(records)
    rows = db.execute(sql.SQL(CONTACTS).format(columns=columns), {"channels": channels, "shops": shops, "ids": ids}, prepare=True)
    found = [row for row in rows if (row["channel"], row["shop"], row["customer_id"]) in wanted]
    shown = [row if caller.sees_contacts else row | masked(row) for row in found]
    return sorted((Account.model_validate(row) for row in shown), key=lambda one: (one.channel, one.shop, one.customer_id))
