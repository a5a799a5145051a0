"""Access tokens that a refresh token is exchanged for, kept until shortly before they end (RFC 6749, section 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Token, Tokens
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

MARGIN = 60
"""Seconds before its end at which a token is no longer used."""


class _Refusal(Struct):
    error: str = ""
    error_description: str = ""


class _Granted(Struct):
    access_token: str
    expires_in: int


@dataclass
class RefreshGrant:
    """One owner's consent. `advice` says by error code (`invalid_grant`, `invalid_client`) what a shop owner can do.

    Nothing is renewed here but the access token: the platforms that this serves leave the refresh token as it is.
    """

    login: Transport
    path: str
    form: Mapping[str, str] = field(repr=False)
    advice: Mapping[str, str]
    tokens: Tokens
    now: Callable[[], datetime]
    basic: tuple[str, str] | None = field(default=None, repr=False)
    _ended: str | None = field(default=None, repr=False)
    _granted_here: str | None = field(default=None, repr=False)

    def token(self) -> str:
        """One that is good, or was a moment ago. Raises Refused, ChannelError."""
        return str(self.tokens.fresh(self._is_fresh, self._renew)["access_token"])

    def end(self, token: str | None) -> None:
        """The platform no longer takes this token, though its time is not over: it is not used again."""
        self._ended = token

    def is_new(self, token: str | None) -> bool:
        """Whether the token was granted just now, not kept from before: then a refusal is not the token's fault."""
        return token == self._granted_here

    def _is_fresh(self, token: Token) -> bool:
        return bool(token["access_token"] != self._ended and token["ends"] > self.now().timestamp() + MARGIN)

    def _renew(self, _: Token | None) -> Token:
        asked = int(self.now().timestamp())
        form = {"grant_type": "refresh_token", **self.form}
        body = self.login.send("POST", self.path, self._check, data=form, auth=self.basic).content
        granted = msgspec.json.decode(body, type=_Granted)
        self._granted_here = granted.access_token
        return {"access_token": granted.access_token, "ends": asked + granted.expires_in}

    def _check(self, response: requests.Response) -> None:
        if response.status_code == 429:
            raise Throttled(retry_after(response))
        if response.status_code >= 500:
            raise Transient(f"no access token: HTTP {response.status_code}")
        kind = _Granted if response.status_code < 400 else _Refusal
        try:
            said = msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as broken:
            raise Transient(f"an answer about access tokens that can't be read ({broken})") from broken
        if isinstance(said, _Refusal):
            text = f"Said: {said.error} {said.error_description}".strip()
            if said.error in self.advice:
                raise Refused(f"{self.advice[said.error]} {text}")
            raise ChannelError(f"{self.login.base_url} gave no access token. {text}")
