"""Records that broke their contract: kept with the reason until they land well."""

from collections.abc import Sequence

from psycopg import Cursor

from sluice.landing.decide import Decision
from sluice.landing.delivery import Delivered, order_id
from sluice.landing.names import quoted
from sluice.landing.store import Store, array


def put(store: Store, broken: Sequence[tuple[Delivered, str]], file_id: int) -> None:
    """Keep these. The same record again is the same entry."""
    newest = {one.digest: (one, reason) for one, reason in sorted(broken, key=lambda item: item[0].received_at)}
    rows = [
        (
            store.channel,
            store.shop,
            store.shape.stream.name,
            None if one.key is None else _printable(one.identity),
            order_id(store.shape.stream, one.raw),
            one.digest,
            _printable(reason),
            _printable(one.raw.decode(errors="backslashreplace")),
            file_id,
            one.page,
            one.position,
            one.received_at,
        )
        for one, reason in newest.values()
    ]
    with store.db.cursor() as cursor:
        cursor.executemany(
            """
            insert into raw.quarantine as q
                (channel, shop, stream, key, order_id, digest, reason, payload, file_id, page, position, received_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (channel, shop, stream, digest) do update set
                reason = excluded.reason,
                received_at = greatest(q.received_at, excluded.received_at)
            """,
            rows,
        )


def exists(store: Store) -> Cursor[tuple[int]]:
    """A row where anything of the stream is or was in quarantine."""
    return store.db.execute(
        "select 1 from raw.quarantine where channel = %s and shop = %s and stream = %s limit 1",
        (store.channel, store.shop, store.shape.stream.name),
    )


def settle(store: Store, delivered: Sequence[Delivered], decision: Decision) -> None:
    """Resolve what has landed well: the same bytes, or the same key received no earlier. Open again what that holds for no more.

    Which entries are open depends on nothing but the rows and the entries, so the order of landing does not matter.
    """
    where = (store.channel, store.shop, store.shape.stream.name)
    if exists(store).fetchone() is None:
        return
    on_key = " and ".join(
        f"m.{quoted(leaf.column)} = split_part(q.key, chr(31), {number})::{leaf.pg}"
        for number, leaf in enumerate(store.shape.key, 1)
    )
    well = [one.delivered.digest for one in (*decision.accepted, *decision.superseded)]
    store.db.execute(
        f"""
        update raw.quarantine as quarantine
        set resolved_at = case when found.is_well then now() end
        from (
            select q.quarantine_id, q.digest = any(%s) or coalesce(m._received_at >= q.received_at, false) as is_well
            from raw.quarantine as q
            left join {store.main} as m on m.shop = q.shop and {on_key}
            where q.channel = %s and q.shop = %s and q.stream = %s and (q.resolved_at is null or q.key = any(%s))
        ) as found
        where quarantine.quarantine_id = found.quarantine_id and (quarantine.resolved_at is null) = found.is_well
        """,
        (array(well), *where, array([one.identity for one in delivered if one.key is not None])),
    )


def _printable(text: str) -> str:
    """Text that PostgreSQL can store; the bytes themselves are in the lake."""
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
