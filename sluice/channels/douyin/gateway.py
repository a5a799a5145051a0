"""Douyin's shop platform: signed calls, parameters as canonical JSON, tokens, errors inside HTTP 200.

The rule of the signature is that of op.jinritemai.com guide-docs/10/23. No example of it is published: two clients that are
independent of each other agree on it, and their values are among the tests.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Remembered, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.transport import Throttled, Transient, Transport, check_status

SUCCESS = 10000
LIMITED, PASSING, FORBIDDEN, ADDRESS = {60000}, {20000, 20001, 90000}, 30001, 30002
MOMENT = 1_000_000_000
"""`expires_in` below this is a number of seconds from now, above it a moment: both are documented."""

T = TypeVar("T")


class Ended(Refused):
    """The platform no longer takes a token that should still have been good."""


def canonical(parameters: Mapping[str, Any]) -> str:
    """Parameters as the platform signs them: keys sorted at every depth, compact, unescaped, whole numbers without a point."""
    return json.dumps(_plain(parameters), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def signature(app_key: str, secret: str, method: str, param_json: str, timestamp: str) -> str:
    """Lower-case hexadecimal HMAC-SHA256. Neither the access token nor the method of signing is signed."""
    text = f"{secret}app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v2{secret}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Envelope(Struct):
    """What every answer is wrapped in. Older ones have `err_no`, which is 0 where it went well."""

    code: int | None = None
    msg: str = ""
    sub_code: str = ""
    sub_msg: str = ""
    err_no: int | None = None
    message: str = ""

    @property
    def is_good(self) -> bool:
        return self.code in (SUCCESS, None) and self.err_no in (0, None) and (self.code, self.err_no) != (None, None)

    def __str__(self) -> str:
        text = self.sub_msg or self.msg or self.message or "no message"
        return f"{text} ({self.code or self.err_no}, {self.sub_code or 'no sub code'})"


def check(response: requests.Response) -> None:
    """Raise what an answer means. Raises Throttled, Transient, Refused, ChannelError."""
    check_status(response)
    try:
        said = msgspec.json.decode(response.content, type=Envelope)
    except msgspec.MsgspecError as broken:
        raise Transient(f"an answer that is no JSON of Douyin's ({broken})") from broken
    if not said.is_good:
        raise meaning(said)


def meaning(said: Envelope) -> Exception:
    """The exception that stands for a code, in words that a shop owner can act on."""
    code, sub, text = said.code, said.sub_code, f"{said.sub_msg} {said.msg}"
    if code in LIMITED or "limit" in sub or "限流" in text:
        return Throttled()
    if "timestamp" in sub:
        return ChannelError(f"Douyin refused the request's time: this machine's clock is off. Said: {said}")
    if "access-token" in sub:
        return Ended(f"Douyin no longer accepts the authorisation: let the shop's owner authorise the app again. Said: {said}")
    if "token-generate-failed" in sub or "authorization" in sub:
        return Refused(
            "Douyin did not renew the authorisation: check app_key and app_secret, let the shop's owner authorise the app again"
            f" and store the new refresh token. Said: {said}"
        )
    if "signature" in sub or "app-id" in sub:
        return Refused(f"Douyin refused the app: check app_key and app_secret. Said: {said}")
    if code == ADDRESS:
        return Refused(f"Douyin does not know this machine: add its address to the app's list of addresses. Said: {said}")
    if code == FORBIDDEN or "permission" in sub:
        return Refused(f"Douyin does not grant the app this right: apply for it in the open platform's console. Said: {said}")
    if code in PASSING or sub.startswith("isp."):
        return Transient(f"Douyin: {said}")
    return ChannelError(f"Douyin: {said}")


@dataclass
class Gateway:
    """Signed calls for one app and one shop."""

    transport: Transport
    app_key: str
    app_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    tokens: Tokens = field(default_factory=Remembered)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def call(self, method: str, **parameters: Any) -> bytes:
        """The answer to `method` ("order.searchList"), parameters that are None left out. Raises Refused, ChannelError."""
        given = {name: value for name, value in parameters.items() if value is not None}
        token = self._access_token()
        try:
            return self._send(method, given, token)
        except Ended:
            # Authorised anew elsewhere, a token ends before its time. Once, then what is said is so.
            return self._send(method, given, self._access_token(but=token))

    def ask(self, kind: type[T], method: str, **parameters: Any) -> T:
        """The `data` of an answer, read as `kind`. Raises Refused, ChannelError."""
        return data(kind, self.call(method, **parameters))

    def _send(self, method: str, given: Mapping[str, Any], token: str | None) -> bytes:
        param_json = canonical(given)

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            now = str(int(self.clock().timestamp()))
            asked = {"method": method, "app_key": self.app_key, "timestamp": now, "v": "2", "sign_method": "hmac-sha256"}
            asked["sign"] = signature(self.app_key, self.app_secret, method, param_json, now)
            asked |= {"access_token": token} if token else {}
            request.prepare_url(f"{self.transport.base_url}{path}?{urlencode(asked)}", None)
            return request

        path = "/" + method.replace(".", "/")
        # As `auth`, because it runs at each try: a try made minutes later, after a wait, needs a time and a signature of its own.
        headers = {"Content-Type": "application/json;charset=utf-8"}
        return self.transport.send("POST", path, check, auth=sign, data=param_json.encode(), headers=headers).content

    def _access_token(self, but: str = "") -> str:
        return Rotation(self.tokens, self.refresh_token, self._refreshed, self.clock).token(but)

    def _refreshed(self, refresh_token: str) -> Token:
        given = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        made = data(dict[str, Any], self._send("token.refresh", given, None))
        missing = {"access_token", "expires_in", "refresh_token"} - made.keys()
        if missing:
            raise ChannelError(f"Douyin renewed the token without {', '.join(sorted(missing))}; the next run tries again")
        ends = int(made["expires_in"])
        now = int(self.clock().timestamp())
        return {
            "access_token": made["access_token"],
            "refresh_token": made["refresh_token"],
            "ends": ends if ends > MOMENT else now + ends,
        }


class _Answer(Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")


def data(kind: type[T], body: bytes) -> T:
    """The `data` of an answer; what `kind` is without members where there is none. Raises msgspec's errors."""
    inside = bytes(msgspec.json.decode(body, type=_Answer).data)
    return kind() if inside == b"null" else msgspec.json.decode(inside, type=kind)
