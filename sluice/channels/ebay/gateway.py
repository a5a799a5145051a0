"""Calls to eBay's REST APIs: bearer tokens, errors by their number, whatever HTTP calls them."""

from dataclasses import dataclass
from typing import Any

import msgspec
import requests
from msgspec import Struct

from sluice.channels.oauth import RefreshGrant
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

SCOPES = {
    "fulfillment": "https://api.ebay.com/oauth/api_scope/sell.fulfillment",
    "inventory": "https://api.ebay.com/oauth/api_scope/sell.inventory",
}
"""By API: what the seller has to consent to."""
_APP = "eBay does not know the app: check client_id (App ID) and client_secret (Cert ID), and that both are of production."
ADVICE = {
    "invalid_grant": "eBay no longer accepts the refresh token (it lasts 18 months): consent again, store the new refresh_token.",
    "invalid_scope": "The seller's consent does not cover what is needed: consent again to sell.fulfillment and sell.inventory.",
    "invalid_client": _APP,
    "unauthorized_client": _APP,
}
TOKEN_ENDED, TOO_MANY = {1001, 1002, 1003}, {2001}
"""errorId of every API; others are each API's own."""


class Denied(Refused):
    """The seller's consent does not cover this, while the token is good."""


class Fault(Struct):
    errorId: int = 0
    message: str = ""
    longMessage: str = ""

    def __str__(self) -> str:
        return f"{self.longMessage or self.message} ({self.errorId})"


class _Answer(Struct):
    errors: list[Fault] = []


@dataclass
class Gateway:
    """One seller's account, through one app."""

    transport: Transport
    grant: RefreshGrant

    def call(self, method: str, path: str, body: Any = None, **parameters: str | int) -> bytes:
        """The answer's body. Raises Denied, Refused, ChannelError."""
        more = {} if body is None else {"json": body}
        # As `auth`, because it runs at each try: one made after a long wait may need a new token.
        return self.transport.send(method, path, self._check, params=parameters, auth=self._admitted, **more).content

    def _admitted(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.grant.token()}"
        return request

    def _check(self, response: requests.Response) -> None:
        status = response.status_code
        try:
            fault = next(
                iter(msgspec.json.decode(response.content or b"{}", type=_Answer).errors), Fault(message=f"HTTP {status}")
            )
        except msgspec.MsgspecError as broken:
            if status < 400:
                raise Transient(f"an answer that is not eBay's JSON ({broken})") from broken
            fault = Fault(message=f"HTTP {status}")
        if status < 400:
            return
        if status == 429 or fault.errorId in TOO_MANY:
            raise Throttled(retry_after(response))
        if status >= 500:
            raise Transient(f"eBay: {fault}")
        if status == 401 and fault.errorId in TOKEN_ENDED:
            # Renewed at the next try. Where the consent itself was taken back, renewing says so.
            self.grant.end((response.request.headers.get("Authorization") or "").removeprefix("Bearer "))
            raise Transient(f"eBay: the access token ended before its time ({fault.errorId})")
        if status == 401:
            raise Refused(f"eBay does not accept the access token: consent again, store the new refresh_token. Said: {fault}")
        if status == 403:
            raise Denied(
                "eBay does not let the app do this: the seller has to consent to the scopes sell.fulfillment and sell.inventory,"
                f" then the new refresh_token is to be stored. Said: {fault}"
            )
        raise ChannelError(f"eBay: {fault}")
