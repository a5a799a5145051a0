"""Hold a shop's orders against the channel's own count, read again what differs, and keep what was found."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.channels import protocol
from sluice.channels.protocol import Connector
from sluice.config import Config, Shop
from sluice.landing.land import land
from sluice.landing.reconcile import Reconciliation, reconcile

SMALL_SHOP = 50_000
"""Orders. Up to here the whole history is read again at every run."""
HALF_A_CENT = Decimal("0.005")
"""Money agrees to the cent: a file of floats may hold crumbs below it (4.440892e-16)."""


def window(db: Connection, config: Config, shop: Shop, now: datetime) -> tuple[datetime, datetime]:
    """What to hold against the channel: all of a small shop, the newest `reconcile_days` of a big one."""
    row = db.execute(
        "select count(*), max(ordered_at) from unified.orders where channel = %s and shop = %s", (shop.connector, shop.shop)
    ).fetchone()
    orders, newest = row if row else (0, None)
    if orders <= SMALL_SHOP or newest is None:
        return shop.connect().since, now
    return newest.astimezone(UTC) - timedelta(days=config.reconcile_days), now


def reconcile_shop(db: Connection, shop: Shop, since: datetime, until: datetime) -> Reconciliation:
    """Compare, read again what differs, and append the outcome to ops.reconciliations: one row a comparison.

    What differs as it did the last time is not read again: that did not help. Raises Refused, ChannelError, LandingError.
    """
    before = _last(db, shop)
    found = _compared(db, shop, since, until)
    if found.is_mendable and _differences(msgspec.to_builtins(found, str_keys=True)) != _differences(before):
        mend(db, shop.type, shop.connect(), since)
        found = _compared(db, shop, since, until)
    return found


def _last(db: Connection, shop: Shop) -> Mapping[str, Any]:
    """What the last comparison came to; empty where there was none."""
    row = db.execute(
        "select result from ops.reconciliations where channel = %s and shop = %s order by reconciliation_id desc limit 1",
        (shop.connector, shop.shop),
    ).fetchone()
    return row[0] if row else {}


def _differences(result: Mapping[str, Any]) -> list[Any]:
    return [result.get(name) for name in ("missing_orders", "differing_orders", "missing", "differing")]


def mend(db: Connection, connector: Connector, connection: protocol.Connection, since: datetime) -> None:
    """Read again all orders that changed since then: what a page of the channel had left out, or showed as it no longer was.

    Commits on `db` as landing does. Raises Refused, ChannelError, LandingError.
    """
    db.commit()
    for stream in connector.streams:
        if stream.order_key is not None:
            land(db, connector, replace(connection, since=max(since, connection.since)), stream, afresh=True)


def _compared(db: Connection, shop: Shop, since: datetime, until: datetime) -> Reconciliation:
    found = reconcile(db, shop.type, shop.connect(), since, until, HALF_A_CENT)
    db.execute(
        "insert into ops.reconciliations (channel, shop, since, until, agrees, result) values (%s, %s, %s, %s, %s, %s)",
        (shop.connector, shop.shop, since, until, found.agrees, Jsonb(msgspec.to_builtins(found, str_keys=True))),
    )
    return found
