"""`sluice stock adjust`, `transfer` and `return`: book what people and warehouse systems tell directly, once."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console

from sluice.cli.ledger import instant, ledger, shop_of
from sluice.cli.tables import print_json
from sluice.config import ConfigError

BOOKED = """
select movement_id, kind, facility_id, sku, quantity, on_hand, unsellable, occurred_at from ops.stock_movements
where movement_key = any(%s) order by movement_id
"""
ADJUST = "select ops.adjust_stock(%(key)s, %(kind)s, %(place)s, %(sku)s, %(pieces)s, coalesce(%(at)s, now()), %(reference)s)"
TRANSFER = "select ops.transfer_stock(%(key)s, %(source)s, %(to)s, %(sku)s, %(pieces)s, coalesce(%(at)s, now()), %(reference)s)"
RETURN = """
select ops.return_stock(
    %(key)s, %(channel)s, %(shop)s, %(order)s, %(line)s, %(sku)s, %(pieces)s, %(disposition)s, coalesce(%(at)s, now())
)
"""
MAY_BE_COUNTED = ("receipt", "adjustment", "transfer_in", "transfer_out")


def adjust(
    sku: str, facility: str, pieces: int, receipt: bool, at: str | None, reference: str | None, key: str | None, as_json: bool
) -> None:
    """Book pieces that were found, lost or received."""
    values = {"kind": "receipt" if receipt else "adjustment", "place": facility, "sku": sku, "pieces": pieces}
    when = {"at": instant(at), "reference": reference}
    with _booking(key, as_json) as (db, name):
        _known(db, facility, sku)
        db.execute(ADJUST, values | when | {"key": name})


def transfer(
    sku: str, source: str, to: str, pieces: int, at: str | None, reference: str | None, key: str | None, as_json: bool
) -> None:
    """Book pieces that go from one facility to another."""
    values = {"source": source, "to": to, "sku": sku, "pieces": pieces, "at": instant(at), "reference": reference}
    with _booking(key, as_json) as (db, name):
        _known(db, source, sku)
        _known(db, to, sku)
        db.execute(TRANSFER, values | {"key": name})


def take_back(
    shop: str, order: str, line: str, sku: str, pieces: int, disposition: str, at: str | None, key: str | None, as_json: bool
) -> None:
    """Book pieces of an order that came back."""
    channel, shop_name = shop_of(shop)
    values = {"channel": channel, "shop": shop_name, "order": order, "line": line, "sku": sku, "pieces": pieces}
    when = {"disposition": disposition, "at": instant(at)}
    with _booking(key, as_json) as (db, name):
        db.execute(RETURN, values | when | {"key": name})


@contextmanager
def _booking(key: str | None, as_json: bool) -> Iterator[tuple[Connection, str]]:
    """A connection and the booking's key; when it went well, what it came to is told.

    The same key again books nothing more, so a command that broke off can be repeated.
    """
    name = key or str(uuid.uuid4())
    with ledger() as db:
        is_repeated = bool(_booked(db, name))
        yield db, name
        rows = _booked(db, name)
    if as_json:
        print_json({"key": name, "is_repeated": is_repeated, "movements": rows})
        return
    for row in rows:
        _tell("Was booked before" if is_repeated else "Booked", row)
    Console().print(f"Key {name}: repeat it with this --key and nothing is booked twice.", highlight=False, soft_wrap=True)


def _tell(what: str, row: dict[str, Any]) -> None:
    quarantine = f", in quarantine {row['unsellable']:+,}" if row["unsellable"] else ""
    Console().print(
        f"{what}: {row['kind']} of {row['quantity']:,} {row['sku']} at {row['facility_id']}, on hand {row['on_hand']:+,}"
        f"{quarantine} (movement {row['movement_id']}).",
        highlight=False,
        soft_wrap=True,
    )
    if row["on_hand"] == 0 and row["kind"] in MAY_BE_COUNTED:
        Console().print("The stock there was counted after it happened: the count knows of it.", highlight=False)


def _booked(db: Connection, key: str) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(BOOKED, ([key, f"{key}:out", f"{key}:in"],)).fetchall()


def _known(db: Connection, facility: str, sku: str) -> None:
    """Raises ConfigError: a name with a slip of the pen would be an item of its own for ever."""
    places = {name for (name,) in db.execute("select facility_id from ops.stock_feeds")}
    places |= {name for (name,) in db.execute("select distinct facility_id from ops.stock_positions")}
    skus = db.execute("select from ops.stock_positions where sku = %s limit 1", (sku,)).rowcount
    if db.execute("select to_regclass('unified.facilities')").fetchone() != (None,):
        places |= {name for (name,) in db.execute("select facility_id from unified.facilities")}
        skus += db.execute("select from unified.products where sku = %s limit 1", (sku,)).rowcount
    if facility not in places:
        raise ConfigError(f"there is no facility {facility}; there are {', '.join(sorted(places))}")
    if not skus:
        raise ConfigError(f"no channel, ERP or booking knows the SKU {sku}")
