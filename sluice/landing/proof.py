"""The proof before a cursor moves: the database holds what the channel delivered, counted by the database itself."""

import hashlib
from collections.abc import Sequence

from sluice.landing.decide import Decision
from sluice.landing.delivery import Delivered, LandingError
from sluice.landing.store import Store


class LandingMismatch(LandingError):
    """What the database holds is not what the channel delivered. All of it is rolled back."""


def prove(store: Store, delivered: Sequence[Delivered], decision: Decision) -> None:
    """Every delivered key is in the stream's table or in quarantine, and every record that had to be kept is there in its
    delivered form. Raises LandingMismatch."""
    keys = {one.identity for one in delivered}
    broken = {one.digest for one, _ in decision.broken}
    expected = (len(keys), _fingerprint(keys), decision.current, len(broken))
    names = ("keys", "hash of the keys", "rows in delivered form", "records in quarantine")
    sides = [*zip(names, _held(store, delivered, broken), expected, strict=True)]
    sides += [(f"rows of {table}", taken, sent) for table, (sent, taken) in decision.rows.items()]
    faults = [f"{name}: {held} held, {wanted} delivered" for name, held, wanted in sides if held != wanted]
    if faults:
        where = f"{store.channel}/{store.shop} {store.shape.stream.name}"
        raise LandingMismatch(f"{where}: {'; '.join(faults)}. The cursor has not moved.")


def _fingerprint(identities: set[str]) -> str:
    return hashlib.md5("\n".join(sorted(identities)).encode(errors="backslashreplace"), usedforsecurity=False).hexdigest()


def _held(store: Store, delivered: Sequence[Delivered], broken: set[str]) -> tuple[int, str, int, int]:
    """(distinct keys, hash of them, rows whose digest was delivered, broken records in quarantine)."""
    pairs = {(one.key, one.digest) for one in delivered}
    none = (None,) * len(store.shape.key)
    columns = [list(column) for column in zip(*(key or none for key, _ in pairs), strict=True)]
    identity = " || chr(31) || ".join(store.key.split(", "))
    row = store.db.execute(
        f"""
        with held as (
            select
                (case when m.shop is not null then {identity} else coalesce(q.key, '#' || q.digest) end) collate "C" as identity,
                m._digest = d.digest as is_current,
                q.digest as broken
            from {store.unnested}, %s::text[], %s::boolean[]) as d ({store.names}, digest, broken)
            left join {store.main} as m on m.shop = %s and {store.on_key}
            left join raw.quarantine as q
                on d.broken and q.channel = %s and q.shop = %s and q.stream = %s and q.digest = d.digest
            where m.shop is not null or q.digest is not null
        )
        select
            count(distinct identity),
            md5(coalesce(string_agg(distinct identity, e'\\n' order by identity), '')),
            count(*) filter (where is_current),
            count(distinct broken)
        from held
        """,
        (
            *(columns or [[] for _ in none]),
            [digest for _, digest in pairs],
            [digest in broken for _, digest in pairs],
            store.shop,
            store.channel,
            store.shop,
            store.shape.stream.name,
        ),
    ).fetchone()
    assert row is not None
    return (row[0], row[1], row[2], row[3])
