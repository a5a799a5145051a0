"""API keys of the data service. A key is shown once, when it is made; the database keeps its SHA-256."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

import psycopg
from psycopg.rows import dict_row, tuple_row

SCOPES = ("holds", "pii")
"""`holds` may hold stock for checkouts; `pii` shows customers' names and contacts unmasked. Reading needs no scope."""


class KeyFault(ValueError):
    """A key can't be made. The message says why."""


class Key(TypedDict):
    """What is known of a key."""

    key_id: int
    name: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


def digest(key: str) -> str:
    """A key has 256 random bits, so one round of SHA-256 hides it."""
    return hashlib.sha256(key.encode()).hexdigest()


def create(db: psycopg.Connection, name: str, scopes: Sequence[str] = ()) -> str:
    """A new key, to be handed to its user now. Raises KeyFault where the name is in use or a scope is unknown."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise KeyFault(f"{unknown[0]!r} is no scope; there are: {', '.join(SCOPES)}")
    key = "sluice_" + secrets.token_urlsafe(32)
    inserted = db.execute(
        """
        insert into ops.api_keys (name, sha256, scopes) values (%s, %s, %s)
        on conflict (name) where revoked_at is null do nothing returning key_id
        """,
        (name, digest(key), sorted(set(scopes))),
    ).fetchone()
    if inserted is None:
        raise KeyFault(f"there is a key called {name!r}; revoke it first, or choose another name")
    return key


def revoke(db: psycopg.Connection, name: str) -> bool:
    """From now on the key is refused. False where there is none of that name."""
    query = "update ops.api_keys set revoked_at = now() where name = %s and revoked_at is null"
    return db.execute(query, (name,)).rowcount > 0


def listing(db: psycopg.Connection) -> list[Key]:
    """All keys, revoked ones too, oldest first."""
    query = "select key_id, name, scopes, created_at, revoked_at from ops.api_keys order by key_id"
    with db.cursor(row_factory=dict_row) as cursor:
        return [Key(**row) for row in cursor.execute(query)]  # type: ignore[typeddict-item]


def scopes_of(db: psycopg.Connection[Any], key: str) -> frozenset[str] | None:
    """Scopes of a key in force, None for any other."""
    query = "select scopes from ops.api_keys where sha256 = %s and revoked_at is null"
    with db.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query, (digest(key),)).fetchone()
    return frozenset(row[0]) if row else None
