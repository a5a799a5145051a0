"""Short-lived tokens of the shops' platforms, kept sealed in the warehouse where only its owner reads them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from cryptography.fernet import Fernet
from psycopg import Connection

from sluice import warehouse
from sluice.channels.protocol import Refused, Token
from sluice.config import ConfigError
from sluice.sealing import keys, seal, unseal

KEPT: LiteralString = (
    "select channel, shop, sealed, renewed_at from secrets.channel_tokens where sealed is not null order by 1, 2"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """`protocol.Tokens` of one shop. Its own short transaction, so that a renewed token outlives whatever it was renewed for."""

    channel: str
    shop: str

    def fresh(self, is_fresh: Callable[[Token], bool], renew: Callable[[Token | None], Token]) -> Token:
        """As `protocol.Tokens` says; a second process waits while one renews.

        Raises what `renew` raises, and Refused where there is no key to seal with, before anything is renewed, or none that opens
        what was kept.
        """
        name = (self.channel, self.shop)
        try:
            with_keys = keys()
        except ConfigError as fault:
            raise Refused(str(fault)) from fault
        with warehouse.connect() as db:
            db.execute(
                "insert into secrets.channel_tokens (channel, shop) values (%s, %s) on conflict (channel, shop) do nothing", name
            )
            db.commit()
            row = db.execute(
                "select sealed from secrets.channel_tokens where channel = %s and shop = %s for update", name
            ).fetchone()
            kept: Token | None = None
            if row and row[0] is not None:
                try:
                    kept = json.loads(unseal(row[0], with_keys)[0])
                except ConfigError as fault:
                    raise Refused(f"the token that was kept for {self.channel}/{self.shop}: {fault}") from fault
            if kept is not None and is_fresh(kept):
                return kept
            token = renew(kept)
            db.execute(
                "update secrets.channel_tokens set sealed = %s, renewed_at = now() where channel = %s and shop = %s",
                (seal(json.dumps(dict(token)), with_keys), *name),
            )
            return token


@dataclass(frozen=True, slots=True)
class Held:
    """A token that is kept. `key` is the position of the key that opens it, 0 for the one that seals; None: no key does."""

    channel: str
    shop: str
    renewed_at: datetime
    key: int | None


def held(db: Connection) -> list[Held]:
    """Whose tokens are kept. Raises ConfigError where there is no key at all."""
    with_keys = keys()
    return [
        Held(channel, shop, renewed_at, _opened_by(sealed, with_keys)) for channel, shop, sealed, renewed_at in _rows(db, KEPT)
    ]


def reseal(db: Connection) -> int:
    """Seal with the first key what another one still opens; how many. What none opens stays. Raises ConfigError."""
    with_keys = keys()
    changed = [
        (seal(unseal(sealed, with_keys)[0], with_keys), channel, shop)
        for channel, shop, sealed, _ in _rows(db, KEPT + " for update")
        if _opened_by(sealed, with_keys)
    ]
    with db.cursor() as cursor:
        cursor.executemany("update secrets.channel_tokens set sealed = %s where channel = %s and shop = %s", changed)
    return len(changed)


def forget(db: Connection, channel: str, shop: str) -> bool:
    """Whether there was one. The shop's next call starts from the secret in the environment."""
    gone = db.execute(
        "delete from secrets.channel_tokens where channel = %s and shop = %s and sealed is not null", (channel, shop)
    )
    return gone.rowcount > 0


def _rows(db: Connection, query: LiteralString) -> list[tuple[str, str, str, datetime]]:
    return db.execute(query).fetchall()


def _opened_by(sealed: str, with_keys: Sequence[Fernet]) -> int | None:
    try:
        return unseal(sealed, with_keys)[1]
    except ConfigError:
        return None
