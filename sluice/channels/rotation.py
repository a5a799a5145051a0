"""Access tokens of platforms that give a new refresh token with each of them, and take each refresh token once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sluice.channels.protocol import Refused, Token, Tokens

MARGIN = 300
"""Seconds before its end at which a token is no longer used."""


@dataclass(frozen=True)
class Rotation:
    """One owner's authorisation. `first` is the refresh token that it gave; `exchange` makes of a refresh token what the platform
    grants for it: `access_token`, `refresh_token`, and `ends` in seconds since 1970. It raises Refused, ChannelError."""

    tokens: Tokens = field(repr=False)
    first: str = field(repr=False)
    exchange: Callable[[str], Token] = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)

    def token(self, but: str = "") -> str:
        """An access token that is good and not `but`. Raises what `exchange` raises."""
        return str(self.granted(but)["access_token"])

    def granted(self, but: str = "") -> Token:
        """All that was granted with it. Raises what `exchange` raises."""

        def is_fresh(token: Token) -> bool:
            return bool(token["access_token"] != but and token["ends"] - MARGIN > self.now().timestamp())

        return self.tokens.fresh(is_fresh, self._renew)

    def _renew(self, kept: Token | None) -> Token:
        if kept is None:
            return self.exchange(self.first)
        try:
            return self.exchange(str(kept["refresh_token"]))
        except Refused:
            # the owner may have authorised the app anew; where not, what is said of the first one is as true
            return self.exchange(self.first)
