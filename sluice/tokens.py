"""Short-lived tokens of the shops' platforms, kept in the warehouse where only its owner reads them."""

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from sluice import warehouse
from sluice.channels.protocol import Token


@dataclass(frozen=True, slots=True)
class Kept:
    """`protocol.Tokens` of one shop. Its own short transaction, so that a renewed token outlives whatever it was renewed for."""

    channel: str
    shop: str

    def fresh(self, is_fresh: Callable[[Token], bool], renew: Callable[[Token | None], Token]) -> Token:
        """As `protocol.Tokens` says; a second process waits while one renews. Raises what `renew` raises."""
        name = (self.channel, self.shop)
        with warehouse.connect() as db:
            db.execute(
                "insert into secrets.channel_tokens (channel, shop) values (%s, %s) on conflict (channel, shop) do nothing", name
            )
            db.commit()
            row = db.execute(
                "select token from secrets.channel_tokens where channel = %s and shop = %s for update", name
            ).fetchone()
            kept: Token | None = row[0] if row else None
            if kept is not None and is_fresh(kept):
                return kept
            token = renew(kept)
            db.execute(
                "update secrets.channel_tokens set token = %s, renewed_at = now() where channel = %s and shop = %s",
                (Jsonb(dict(token)), *name),
            )
            return token
