"""Shopee's API v2: calls signed one by one, tokens renewed, errors read out of the answer whatever its HTTP status.

Rules: open.shopee.com documents module 87 (signature), v2.public.refresh_access_token (tokens). The refresh token can be used
once: what comes of it is kept before it is used.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.transport import Throttled, Transient, Transport, check_status

REFRESH = "/api/v2/auth/access_token/get"
LONGEST = 10**9
"""Seconds. `expire_in` is a span by its description and a moment by the documentation's sample: more than this is a moment."""

TRANSIENT = {"error_server", "error_inner", "error_network", "error_system", "error_system_busy"}
UNLINKED = {
    "shop_no_linked",
    "partner_shop_no_link",
    "shop_access_expired",
    "refresh_token_expired",
    "error_shop_refresh_token",
    "merchant_access_expired",
}
APP = {"error_sign", "invalid_partner_id", "error_partner_key_expired"}
RIGHTS = {
    "error_permission",
    "error_api_permission",
    "error_ashop_api_permission",
    "error_api_call_restricted",
    "error_kyc_auth",
    "error_perm_non_admin",
    "shop_banned",
    "source_ip_undeclared",
    "api_suspended",
}


class Expired(Exception):
    """The access token is no longer taken; another one may be."""


def signature(
    partner_key: str, partner_id: int, path: str, timestamp: int, access_token: str = "", shop_id: int | None = None
) -> str:
    """HMAC-SHA256 in lower-case hexadecimal digits. Public calls are signed without token and shop."""
    shop = "" if shop_id is None else str(shop_id)
    text = f"{partner_id}{path}{timestamp}{access_token}{shop}"
    return hmac.new(partner_key.encode(), text.encode(), "sha256").hexdigest()


class Fault(Struct):
    """What every answer says of itself. `error` is empty where all is well; the documentation's samples write a dash there."""

    error: str | None = None
    message: str | None = None

    def __bool__(self) -> bool:
        return bool(self.error and self.error != "-")

    def __str__(self) -> str:
        return f"{self.message or 'no message'} ({self.error})"


_fault = msgspec.json.Decoder(Fault).decode


def check(response: requests.Response) -> None:
    """Raise what an answer means. Raises Throttled, Transient, Expired, Refused, ChannelError."""
    try:
        fault = _fault(response.content)
    except msgspec.DecodeError as broken:
        check_status(response)
        raise Transient(f"an answer that is no JSON ({broken})") from broken
    if fault:
        raise meaning(fault)
    check_status(response)


def meaning(fault: Fault) -> Exception:
    """The exception that stands for `fault`, in words that a shop owner can act on."""
    # Some modules write their own name before the error: product.error_param.
    name, said = (fault.error or "").rsplit(".", 1)[-1], (fault.message or "").lower()
    if name == "error_rate_limit":
        return Throttled()
    if name == "error_limit":
        return ChannelError(f"Shopee's calls of the day are used up for this app; it counts anew at 00:00 (UTC+8). Said: {fault}")
    if name in TRANSIENT or "try again later" in said:
        return Transient(f"Shopee: {fault}")
    if name in ("invalid_acceess_token", "invalid_access_token") or (name == "error_auth" and "access_token" in said):
        return Expired(str(fault))
    if "timestamp" in said:
        return ChannelError(f"Shopee refused the request's time: this machine's clock is over 5 minutes off. Said: {fault}")
    if name in UNLINKED or "partner_id or shopid" in said:
        return Refused(
            f"Shopee has no valid authorisation of this shop for the app: let the shop's owner authorise it again, store the new"
            f" refresh token, and check shop_id. Said: {fault}"
        )
    if name in APP or "partner_id" in said:
        return Refused(f"Shopee refused the app: check partner_id and partner_key in the open platform's console. Said: {fault}")
    if name in RIGHTS or (name == "error_auth" and "permission" in said):
        return Refused(f"Shopee does not let the app do this for the shop: look into the app's console. Said: {fault}")
    return ChannelError(f"Shopee: {fault}")


class _Granted(Struct):
    """The answer to a refresh."""

    access_token: str
    refresh_token: str
    expire_in: int


@dataclass(frozen=True)
class Gateway:
    """Signed calls of one app for one shop. `first` is the refresh token of the owner's authorisation."""

    transport: Transport
    partner_id: int
    partner_key: str = field(repr=False)
    shop_id: int
    first: str = field(repr=False)
    tokens: Tokens = field(repr=False)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def get(self, path: str, **parameters: object) -> bytes:
        """The answer to a reading call, parameters that are None left out. Raises Refused, ChannelError."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._call("GET", path, given, None)

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The answer to a writing call. Raises Refused, ChannelError."""
        return self._call("POST", path, {}, body)

    def _call(self, method: str, path: str, given: Mapping[str, Any], body: Mapping[str, Any] | None) -> bytes:
        token = self._token()
        try:
            return self._send(method, path, given, body, token)
        except Expired:
            # Taken back before its time, or this clock is behind: one new token, and if that is not taken either it is not time.
            token = self._token(but=token)
        try:
            return self._send(method, path, given, body, token)
        except Expired as fault:
            raise Refused(
                f"Shopee takes no access token of this shop: let the owner authorise the app again. Said: {fault}"
            ) from None

    def _send(
        self, method: str, path: str, given: Mapping[str, Any], body: Mapping[str, Any] | None, access_token: str = ""
    ) -> bytes:
        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            stamp = int(self.clock().timestamp())
            shop = self.shop_id if access_token else None
            common: dict[str, Any] = {"partner_id": self.partner_id, "timestamp": stamp}
            if access_token:
                common |= {"access_token": access_token, "shop_id": self.shop_id}
            common["sign"] = signature(self.partner_key, self.partner_id, path, stamp, access_token, shop)
            request.prepare_url(request.url, common)
            return request

        # As `auth`, because it runs at each try: one made minutes later needs a time and a signature of its own.
        return self.transport.send(method, path, check, params=given, json=body, auth=sign).content

    def _token(self, but: str = "") -> str:
        """An access token that is not `but`."""
        return Rotation(self.tokens, self.first, self._refreshed, self.clock).token(but)

    def _refreshed(self, refresh_token: str) -> Token:
        body = {"refresh_token": refresh_token, "partner_id": self.partner_id, "shop_id": self.shop_id}
        try:
            granted = msgspec.json.decode(self._send("POST", REFRESH, {}, body), type=_Granted)
        except (Expired, msgspec.DecodeError) as fault:
            raise Refused(f"Shopee renewed no token: let the shop's owner authorise the app again. Said: {fault}") from None
        span = granted.expire_in
        ends = span if span > LONGEST else int(self.clock().timestamp()) + span
        return {
            "access_token": granted.access_token,
            "refresh_token": granted.refresh_token,
            "ends": ends,
        }
