"""Lazada's gateway: calls signed one by one, tokens renewed, errors read out of the answer.

Rules: open.lazada.com docId 108069 (call and signature), whose published example is among the tests.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.signing import glued
from sluice.channels.transport import Throttled, Transient, Transport, check_status

REFRESH = "/auth/token/refresh"
BAN = re.compile(r"ban will last (?:for )?(\d+)")


class Expired(Exception):
    """The access token is no longer taken; another one may be."""


def signature(app_secret: str, path: str, parameters: Mapping[str, str], body: str = "") -> str:
    """HMAC-SHA256 over path, glued parameters and body, in upper-case hexadecimal digits."""
    return hmac.new(app_secret.encode(), (path + glued(parameters) + body).encode(), "sha256").hexdigest().upper()


class Fault(Struct):
    """What every answer says of itself; code 0 is success."""

    code: str = "0"
    type: str = ""
    message: str = ""
    detail: Any = None

    def __str__(self) -> str:
        told = f"; {msgspec.json.encode(self.detail).decode()[:300]}" if self.detail else ""
        return f"{self.message or 'no message'} ({self.code}){told}"


_fault = msgspec.json.Decoder(Fault).decode


def check(response: requests.Response) -> None:
    """Raise what an answer means. Raises Throttled, Transient, Expired, Refused, ChannelError."""
    try:
        fault = _fault(response.content)
    except msgspec.DecodeError as broken:
        check_status(response)
        raise Transient(f"an answer that is no JSON of Lazada's ({broken})") from broken
    if fault.code != "0":
        raise meaning(fault)
    check_status(response)


def meaning(fault: Fault) -> Exception:
    """The exception that stands for `fault`, in words that a shop owner can act on."""
    code = fault.code.lower()
    if "calllimit" in code or code == "apicalllimit":
        ban = BAN.search(fault.message)
        return Throttled(int(ban[1]) + 1 if ban else None)
    if "accesstoken" in code:
        return Expired(str(fault))
    if "refreshtoken" in code:
        return Refused(f"Lazada no longer takes the refresh token: let the shop's owner authorise the app again. Said: {fault}")
    if "signature" in code or "appkey" in code:
        return Refused(f"Lazada refused the app: check app_key and app_secret in the console. Said: {fault}")
    if "permission" in code or "denied" in code or "whiteip" in code:
        return Refused(f"Lazada does not let the app do this for the shop: look into the app's console. Said: {fault}")
    if "timestamp" in code:
        return ChannelError(f"Lazada refused the request's time: this machine's clock is over 2 hours off. Said: {fault}")
    if fault.type in ("SYSTEM", "ISP") or code.startswith("service"):
        return Transient(f"Lazada: {fault}")
    return ChannelError(f"Lazada: {fault}")


class _Granted(Struct):
    """The answer to a refresh. `expires_in` is seconds, and so is the time that the authorisation itself still lasts."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int | None = None
    country: str | None = None


@dataclass(frozen=True)
class Gateway:
    """Signed calls of one app for one shop. `granting` is where tokens are renewed, `first` the owner's refresh token."""

    transport: Transport
    granting: Transport
    app_key: str
    app_secret: str = field(repr=False)
    first: str = field(repr=False)
    tokens: Tokens = field(repr=False)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def call(self, method: str, path: str, **parameters: object) -> bytes:
        """The answer, parameters that are None left out. Raises Refused, ChannelError."""
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        token = self._token()
        try:
            return self._send(self.transport, method, path, given | {"access_token": token})
        except Expired:
            token = self._token(but=token)
        try:
            return self._send(self.transport, method, path, given | {"access_token": token})
        except Expired as fault:
            raise Refused(
                f"Lazada takes no access token of this shop: let its owner authorise the app again. Said: {fault}"
            ) from None

    def _send(self, transport: Transport, method: str, path: str, given: Mapping[str, str]) -> bytes:
        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            stamp = str(int(self.clock().timestamp() * 1000))
            common = {"app_key": self.app_key, "sign_method": "sha256", "timestamp": stamp}
            form = {**given, **common}
            form["sign"] = signature(self.app_secret, path, form)
            if method == "GET":
                request.prepare_url(request.url, form)
            else:
                request.prepare_body(form, None)
            return request

        # As `auth`, because it runs at each try: one made minutes later needs a time and a signature of its own.
        headers = {} if method == "GET" else {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        return transport.send(method, path, check, auth=sign, headers=headers).content

    def _token(self, but: str = "") -> str:
        """An access token that is not `but`."""
        return self._rotation.token(but)

    def granted(self) -> Token:
        """What the owner's authorisation gave: `authorised_until` (seconds since 1970) and `country`, where Lazada says so.

        Raises Refused, ChannelError.
        """
        return self._rotation.granted()

    @property
    def _rotation(self) -> Rotation:
        return Rotation(self.tokens, self.first, self._refreshed, self.clock)

    def _refreshed(self, refresh_token: str) -> Token:
        try:
            body = self._send(self.granting, "GET", REFRESH, {"refresh_token": refresh_token})
            granted = msgspec.json.decode(body, type=_Granted, strict=False)
        except (Expired, msgspec.DecodeError) as fault:
            raise Refused(f"Lazada renewed no token: let the shop's owner authorise the app again. Said: {fault}") from None
        now = int(self.clock().timestamp())
        return {
            "access_token": granted.access_token,
            "refresh_token": granted.refresh_token,
            "ends": now + granted.expires_in,
            "authorised_until": granted.refresh_expires_in and now + granted.refresh_expires_in,
            "country": granted.country,
        }


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
