"""Orders that are read again, because what changes of them need not move the stamp that they are read by.

Payments, parcels and refunds leave the stamp of an order as it was on more platforms than not; a channel says so of its stream
(`Stream.unstamped`). How soon such a change is found: of an order that is not final, at the next landing; of any other, and of
one that was placed more than `unstamped_days` ago and never ended, within a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from sluice.channels import protocol
from sluice.channels.protocol import Stream
from sluice.landing import cursors

DAILY = timedelta(days=1)
DUE = """
select order_id
from unified.orders
where
    channel = %(channel)s and shop = %(shop)s
    and case
        when order_status in ('completed', 'cancelled') then %(is_daily)s and ordered_at >= %(recent)s
        else %(is_daily)s or ordered_at >= %(recent)s
    end
order by ordered_at, order_id
"""


@dataclass(frozen=True, slots=True)
class Due:
    """Ids of the orders whose turn it is. `is_daily`: the old and the final ones are among them."""

    ids: list[str]
    is_daily: bool
    now: datetime


def due(db: Connection, channel: str, connection: protocol.Connection, stream: Stream) -> Due:
    """What to read again, in the caller's transaction; nothing of a stream whose stamp tells all, or that is landed first."""
    now = connection.now()
    if not stream.unstamped or cursors.read(db, channel, connection.shop, stream.name) is None:
        return Due([], bool(stream.unstamped), now)
    kept = cursors.read(db, channel, connection.shop, _place(stream))
    is_daily = kept is None or datetime.fromisoformat(kept["daily_at"]) <= now - DAILY
    if db.execute("select to_regclass('unified.orders')").fetchone() == (None,):
        return Due([], False, now)
    recent = now - timedelta(days=stream.unstamped_days)
    found = db.execute(DUE, {"channel": channel, "shop": connection.shop, "recent": recent, "is_daily": is_daily})
    return Due([order_id for (order_id,) in found], is_daily, now)


def done(db: Connection, channel: str, shop: str, stream: Stream, read: Due) -> None:
    """Note that what was due has been landed, in the caller's transaction."""
    if read.is_daily:
        cursors.save(db, channel, shop, _place(stream), {"daily_at": read.now.isoformat()})


def _place(stream: Stream) -> str:
    return f"{stream.name}/again"
