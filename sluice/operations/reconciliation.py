"""Hold a shop's orders against the channel's own count and keep what was found."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.config import Config, Shop
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
    """Compare, and append the outcome to ops.reconciliations."""
    found = reconcile(db, shop.type, shop.connect(), since, until, HALF_A_CENT)
    db.execute(
        "insert into ops.reconciliations (channel, shop, since, until, agrees, result) values (%s, %s, %s, %s, %s, %s)",
        (shop.connector, shop.shop, since, until, found.agrees, Jsonb(msgspec.to_builtins(found, str_keys=True))),
    )
    return found
