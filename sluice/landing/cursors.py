"""Where each stream of each shop goes on reading."""

from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.channels.protocol import Cursor


def read(db: Connection, channel: str, shop: str, stream: str) -> Cursor | None:
    """None where nothing has been landed yet."""
    row = db.execute(
        "select cursor from raw.cursors where channel = %s and shop = %s and stream = %s", (channel, shop, stream)
    ).fetchone()
    return row[0] if row else None


def save(db: Connection, channel: str, shop: str, stream: str, cursor: Cursor) -> None:
    db.execute(
        """
        insert into raw.cursors as c (channel, shop, stream, cursor) values (%s, %s, %s, %s)
        on conflict (channel, shop, stream) do update set cursor = excluded.cursor, moved_at = now()
        where c.cursor is distinct from excluded.cursor
        """,
        (channel, shop, stream, Jsonb(dict(cursor))),
    )
