"""JD's access tokens, renewed at its own address (open-oauth.jd.com) with the refresh token that the authorisation gave.

JD gives a refresh token to some apps only, and each renewal gives the next one. A token also ends when the shop's owner changes
the account's password (jos.jd.com, document 152): then nothing but a new authorisation helps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import Refused, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.transport import Transient, Transport, check_status

URL = "https://open-oauth.jd.com"
PATH = "/oauth2/refresh_token"


class Grant(Struct):
    """What JD answers: tokens and their life in seconds, or a `code` with words."""

    access_token: str | None = None
    refresh_token: str | None = None
    expires_in: int | None = None
    code: int | str | None = None
    msg: str | None = None


@dataclass(frozen=True)
class Renewal:
    """One owner's authorisation of one app."""

    login: Transport
    app_key: str
    app_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    tokens: Tokens = field(repr=False)
    clock: Callable[[], datetime]

    def token(self) -> str:
        """An access token that is good. Raises Refused, ChannelError."""
        return Rotation(self.tokens, self.refresh_token, self._renewed, self.clock).token()

    def _renewed(self, refresh_token: str) -> Token:
        # In the address, as JD documents it: errors name no more of it than the host.
        asked = {
            "app_key": self.app_key,
            "app_secret": self.app_secret,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        told = _grant(self.login.send("GET", PATH, _check, params=asked))
        ends = self.clock().timestamp() + float(told.expires_in or 0)
        return {"access_token": told.access_token, "refresh_token": told.refresh_token or refresh_token, "ends": ends}


def _grant(response: requests.Response) -> Grant:
    try:
        return msgspec.json.decode(response.content, type=Grant, strict=False)
    except msgspec.MsgspecError as broken:
        raise Transient(f"an answer about access tokens that can't be read ({broken})") from broken


def _check(response: requests.Response) -> None:
    check_status(response)
    told = _grant(response)
    if not told.access_token or not told.expires_in:
        raise Refused(
            "JD does not renew the access token: authorise the app again, and store the new access_token and refresh_token."
            f" Said: {told.msg or 'nothing'} ({told.code})"
        )
