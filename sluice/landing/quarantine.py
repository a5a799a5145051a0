"""Records that broke their contract: kept with the reason until they land well."""

from collections.abc import Sequence

from sluice.landing.decide import Accepted
from sluice.landing.delivery import Delivered, order_id
from sluice.landing.store import Store


def put(store: Store, broken: Sequence[tuple[Delivered, str]], file_id: int) -> None:
    """Keep these. The same record again is the same entry; delivered once more after it was resolved, it opens again."""
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
                received_at = greatest(q.received_at, excluded.received_at),
                resolved_at = case when excluded.received_at > q.received_at then null else q.resolved_at end
            """,
            rows,
        )


def resolve(store: Store, accepted: Sequence[Accepted]) -> None:
    """Resolve what has landed well by now: the same bytes, or the same key received no earlier."""
    where = (store.channel, store.shop, store.shape.stream.name)
    identity = " || chr(31) || ".join(store.key.split(", "))
    store.db.execute(
        f"""
        update raw.quarantine as q set resolved_at = now()
        where q.channel = %s and q.shop = %s and q.stream = %s and q.resolved_at is null
            and (
                q.digest = any(%s)
                or exists (
                    select from {store.main} as m
                    where m.shop = q.shop and {identity} = q.key and m._received_at >= q.received_at
                )
            )
        """,
        (*where, [one.delivered.digest for one in accepted]),
    )


def _printable(text: str) -> str:
    """Text that PostgreSQL can store; the bytes themselves are in the lake."""
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
