"""The proof before a cursor moves: the database holds what the channel delivered, counted by the database itself."""

import hashlib
from collections.abc import Sequence

from psycopg import Cursor

from sluice.landing.decide import Decision
from sluice.landing.delivery import Delivered, LandingError
from sluice.landing.store import Store, array


class LandingMismatch(LandingError):
    """What the database holds is not what the channel delivered. All of it is rolled back."""


def prove(store: Store, delivered: Sequence[Delivered], decision: Decision) -> None:
    """Every delivered key is in the stream's table or in quarantine, and every record that had to be kept is there in its
    delivered form. Raises LandingMismatch."""
    broken = {one.digest for one, _ in decision.broken}
    with store.db.pipeline():  # both count at once
        answer = _ask(store, delivered, broken)
        keys = {one.identity for one in delivered}
        expected = (len(keys), _fingerprint(keys), decision.current, len(broken))
    held = answer.fetchone()
    assert held is not None
    names = ("keys", "hash of the keys", "rows in delivered form", "records in quarantine")
    sides = [*zip(names, held, expected, strict=True)]
    sides += [(f"rows of {table}", taken, sent) for table, (sent, taken) in decision.rows.items()]
    faults = [f"{name}: {held} held, {wanted} delivered" for name, held, wanted in sides if held != wanted]
    if faults:
        where = f"{store.channel}/{store.shop} {store.shape.stream.name}"
        raise LandingMismatch(f"{where}: {'; '.join(faults)}. The cursor has not moved.")


def _fingerprint(identities: set[str]) -> str:
    return hashlib.md5("\n".join(sorted(identities)).encode(errors="backslashreplace"), usedforsecurity=False).hexdigest()


def _ask(store: Store, delivered: Sequence[Delivered], broken: set[str]) -> Cursor[tuple[int, str, int, int]]:
    """A row: distinct keys, hash of them, rows whose digest was delivered, broken records in quarantine."""
    pairs = {(one.key, one.digest) for one in delivered if one.key is not None}
    identity = " || chr(31) || ".join(store.key.split(", "))
    return store.db.execute(
        f"""
        with held as (
            select {identity} collate "C" as identity, m._digest = d.digest as is_current, null as broken
            from {store.unnested}, %s::text[]) as d ({store.names}, digest)
            inner join {store.main} as m on m.shop = %s and {store.on_key}
            union all
            select coalesce(q.key, '#' || q.digest) collate "C", false, q.digest
            from raw.quarantine as q
            where q.channel = %s and q.shop = %s and q.stream = %s and q.digest = any(%s)
        )
        select
            count(distinct identity),
            md5(coalesce(string_agg(distinct identity, e'\\n' order by identity), '')),
            count(*) filter (where is_current),
            count(distinct broken)
        from held
        """,
        (
            *store.columns([key for key, _ in pairs]),
            array([digest for _, digest in pairs]),
            store.shop,
            *(store.channel, store.shop, store.shape.stream.name),
            array(list(broken)),
        ),
    )
