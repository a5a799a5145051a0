"""TikTok Shop's open platform: signed calls, tokens that end after days, the shop's cipher, errors told by their body.

Rules from partner.tiktokshop.com ("Sign your API request"), whose published example is among the tests. Which code stands for
what is published only in part: codes that are not known are judged by their family and their words.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Remembered, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.transport import Throttled, Transient, Transport, check_status, retry_after

UNSIGNED = {"sign", "access_token"}
SIGNATURE, TOKEN = {106001}, {105001, 105002, 105003}
LIMITED = re.compile(r"rate.?limit|too many requests|too frequent|frequency|throttl|qps|quota exceeded", re.IGNORECASE)
PASSING = re.compile(r"internal|time.?out|timed out|try again|retry|unavailable|system (error|busy)", re.IGNORECASE)
SIGNED = re.compile(r"\bsign(ature)?\b|'sign'|app.?key|app.?secret", re.IGNORECASE)
CLOCK = re.compile(r"timestamp", re.IGNORECASE)
ENDED = re.compile(r"access.?token|x-tts-access-token|refresh.?token|auth.?code", re.IGNORECASE)
RIGHTS = re.compile(r"scope|permission|not authori[sz]ed|no authori[sz]ation|access denied|cipher", re.IGNORECASE)


class Ended(Refused):
    """The platform no longer takes a token that should still have been good."""


def signature(path: str, parameters: Mapping[str, str], body: bytes, secret: str) -> str:
    """Lower-case hexadecimal HMAC-SHA256 over secret, path, sorted parameters, the very bytes of the body, and secret."""
    glued = "".join(name + parameters[name] for name in sorted(parameters) if name not in UNSIGNED)
    text = secret.encode() + path.encode() + glued.encode() + body + secret.encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Envelope(Struct):
    """What every answer is wrapped in; `code` 0 is success, whatever the HTTP status."""

    code: int = 0
    message: str | None = None
    request_id: str | None = None

    def __str__(self) -> str:
        return f"{self.message or 'no message'} (code {self.code}, request {self.request_id or 'unknown'})"


def check(response: requests.Response) -> None:
    """Raise what an answer means. Raises Throttled, Transient, Refused, ChannelError."""
    if response.status_code == 429:
        raise Throttled(retry_after(response))
    try:
        said = msgspec.json.decode(response.content, type=Envelope)
    except msgspec.MsgspecError as broken:
        check_status(response)
        raise Transient(f"an answer that is no JSON of TikTok Shop's ({broken})") from broken
    if said.code:
        raise meaning(said, response.status_code, retry_after(response))
    check_status(response)


def meaning(said: Envelope, status: int = 200, wait: float | None = None) -> Exception:
    """The exception that stands for a code and its message, in words that a shop owner can act on."""
    text = said.message or ""
    if LIMITED.search(text):
        return Throttled(wait)
    if CLOCK.search(text):
        return ChannelError(f"TikTok Shop refused the request's time: this machine's clock is over 5 minutes off. Said: {said}")
    if said.code in SIGNATURE or (status in (400, 401, 403) and SIGNED.search(text)):
        return Refused(f"TikTok Shop refused the app: check app_key and app_secret. Said: {said}")
    if said.code in TOKEN or (ENDED.search(text) and not RIGHTS.search(text)):
        return Ended(
            f"TikTok Shop no longer accepts the authorisation: let the shop's owner authorise the app again and store the new"
            f" refresh token. Said: {said}"
        )
    if said.code // 1000 == 105 or status in (401, 403) or RIGHTS.search(text):
        return Refused(
            f"TikTok Shop does not grant this: give the app the scope in Partner Center, then let the shop's owner authorise it"
            f" again. Said: {said}"
        )
    if status >= 500 or PASSING.search(text):
        return Transient(f"TikTok Shop: {said}")
    return ChannelError(f"TikTok Shop: {said}")


class Shop(Struct):
    """A shop that the owner authorised the app for."""

    id: str
    cipher: str
    name: str = ""
    region: str = ""


class _Shops(Struct):
    shops: list[Shop] = []


class _ShopsAnswer(Struct):
    data: _Shops | None = None


@dataclass
class Gateway:
    """Signed calls for one app and one shop. `shop_id` says which, where the owner authorised several."""

    transport: Transport
    sign_in: Transport
    app_key: str
    app_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    shop_id: str | None = None
    tokens: Tokens = field(default_factory=Remembered)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _cipher: str | None = field(default=None, repr=False)

    def search(self, path: str, body: Mapping[str, Any], **parameters: object) -> bytes:
        """POST one question, parameters that are None left out. Raises Refused, ChannelError."""
        return self._call("POST", path, {**_given(parameters), "shop_cipher": self.cipher()}, msgspec.json.encode(body))

    def get(self, path: str, **parameters: object) -> bytes:
        """GET one answer, parameters that are None left out. Raises Refused, ChannelError."""
        return self._call("GET", path, {**_given(parameters), "shop_cipher": self.cipher()}, b"")

    def shops(self) -> list[Shop]:
        """The shops that the app was authorised for; the one call that needs no cipher. Raises Refused, ChannelError."""
        found = msgspec.json.decode(self._call("GET", "/authorization/202309/shops", {}, b""), type=_ShopsAnswer)
        return found.data.shops if found.data else []

    def cipher(self) -> str:
        """What names the shop in every call. Raises Refused where there is no such shop, or no telling which."""
        if self._cipher is None:
            shops = self.shops()
            chosen = [one for one in shops if self.shop_id in (None, one.id)]
            if len(chosen) != 1:
                names = ", ".join(f"{one.id} ({one.name}, {one.region})" for one in shops) or "none"
                raise Refused(f"TikTok Shop: say which shop is meant by the option shop_id; the app is authorised for: {names}")
            self._cipher = chosen[0].cipher
        return self._cipher

    def _call(self, method: str, path: str, parameters: Mapping[str, str], body: bytes) -> bytes:
        token = self._access_token()
        try:
            return self._try(method, path, parameters, body, token)
        except Ended:
            # Authorised anew elsewhere, a token ends before its time. Once, then what is said is so.
            return self._try(method, path, parameters, body, self._access_token(but=token))

    def _try(self, method: str, path: str, parameters: Mapping[str, str], body: bytes, token: str) -> bytes:
        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            asked = {**parameters, "app_key": self.app_key, "timestamp": str(int(self.clock().timestamp()))}
            asked["sign"] = signature(path, asked, body, self.app_secret)
            request.prepare_url(f"{self.transport.base_url}{path}?{urlencode(asked)}", None)
            return request

        headers = {"x-tts-access-token": token, "Content-Type": "application/json"}
        # As `auth`, because it runs at each try: a try made minutes later, after a wait, needs a time and a signature of its own.
        return self.transport.send(method, path, check, auth=sign, data=body or None, headers=headers).content

    def _access_token(self, but: str = "") -> str:
        return Rotation(self.tokens, self.refresh_token, self._refreshed, self.clock).token(but)

    def _refreshed(self, refresh_token: str) -> Token:
        asked = {
            "app_key": self.app_key,
            "app_secret": self.app_secret,
            "refresh_token": refresh_token,
            "grant_type": "refresh_token",
        }
        answer = self.sign_in.send("GET", "/api/v2/token/refresh", _check_renewal, params=asked).content
        data = msgspec.json.decode(answer, type=dict[str, Any]).get("data") or {}
        missing = {"access_token", "access_token_expire_in", "refresh_token"} - data.keys()
        if missing:
            raise ChannelError(f"TikTok Shop renewed the token without {', '.join(sorted(missing))}; the next run tries again")
        return {
            "access_token": data["access_token"],
            "refresh_token": data["refresh_token"],
            "ends": int(data["access_token_expire_in"]),
        }


def _check_renewal(response: requests.Response) -> None:
    """As `check`; what is neither passing nor a limit means that the refresh token no longer counts."""
    try:
        check(response)
    except Refused:
        raise
    except ChannelError as said:
        raise Refused(
            "TikTok Shop did not renew the authorisation: check app_key and app_secret, let the shop's owner authorise the app"
            f" again, store the new refresh token. Said: {said}"
        ) from said


def _given(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}
