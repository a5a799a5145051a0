"""Pinduoduo's gateway, through which every API is called: signing, tokens, errors inside HTTP 200, Beijing time.

Rules from open.pinduoduo.com, document 8EC06C399636041E, whose published signing example is among the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import requests
from msgspec import Struct

from sluice.channels.pinduoduo.contract import RESPONSES
from sluice.channels.protocol import ChannelError, Refused, Remembered, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.signing import wrapped_md5
from sluice.channels.transport import Throttled, Transient, Transport, check_status

PATH = "/api/router"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
BEIJING = timezone(timedelta(hours=8))
"""The platform's time, wherever the shop is. China keeps no summer time."""
TIME, REFRESH = "pdd.time.get", "pdd.pop.auth.token.refresh"
UNSIGNED_IN = {TIME, REFRESH}
"""What is called without an access token."""

LIMITED = {52101, 70031}
EXPIRED, SIGNATURE, CLIENT, ADDRESS = {10019}, {20004}, {10001, 20032}, {20005}
PERMISSION, TESTING = {20031, 20035, 30000}, {70036}
BUSINESS = 50001
"""An API's own objection. Only its text tells one that may pass from one that stays."""
PASSING = ("稍后", "重试", "超时", "繁忙")


def moment(text: str) -> datetime:
    """An aware moment from the platform's notation: Beijing time as text, or seconds since 1970."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)


class Fault(Struct):
    """What the gateway says instead of an answer, with HTTP status 200."""

    error_code: int = 0
    error_msg: str | None = None
    sub_code: Any = None
    sub_msg: str | None = None

    def __str__(self) -> str:
        told = dict.fromkeys(str(one) for one in (self.error_msg, self.sub_code, self.sub_msg) if one)
        return f"{', '.join(told)} ({self.error_code})"


class _Envelope(Struct):
    error_response: Fault | None = None


def check(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, ChannelError."""
    check_status(response)
    try:
        fault = msgspec.json.decode(response.content, type=_Envelope, strict=False).error_response
    except msgspec.DecodeError as broken:
        raise Transient(f"an answer that is no JSON ({broken})") from broken
    if fault:
        raise meaning(fault)


def meaning(fault: Fault) -> Exception:
    """The exception that stands for `fault`, in words that a shop owner can act on."""
    code, said = fault.error_code, str(fault)
    if code in LIMITED:
        return Throttled()
    if code in EXPIRED:
        return Refused(f"Pinduoduo's access token has expired: authorise the app again, store the new token. Said: {said}")
    if code in ADDRESS:
        return Refused(f"Pinduoduo does not know this machine: add its address to the app's IP list. Said: {said}")
    if code in SIGNATURE or code in CLIENT:
        return Refused(f"Pinduoduo refused the app: check client_id, client_secret and access_token. Said: {said}")
    if code in PERMISSION:
        return Refused(f"Pinduoduo does not grant the app this right: apply for the package in its console. Said: {said}")
    if code in TESTING:
        return Refused(f"The app is still in its test state and has used up its calls: have it put into service. Said: {said}")
    if "timestamp" in said:
        return ChannelError(f"Pinduoduo refused the request's time: this machine's clock is over 10 minutes off. Said: {said}")
    is_passing = any(word in said for word in PASSING)
    if is_passing or code in (70032, 70033) or (code // 10_000 == 5 and code != BUSINESS):
        return Transient(f"Pinduoduo: {said}")
    return ChannelError(f"Pinduoduo: {said}")


@dataclass(frozen=True)
class Gateway:
    """Signed calls for one app and one shop. With a `refresh_token` the access token is renewed before it ends."""

    transport: Transport
    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    tokens: Tokens = field(default_factory=Remembered, repr=False)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def call(self, method: str, **parameters: object) -> bytes:
        """The answer to `method`, parameters that are None left out. Raises Refused, ChannelError."""
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        if method not in UNSIGNED_IN:
            given["access_token"] = self._token()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.prepare_body(self._form(method, given), None)
            return request

        # As `auth`, because it runs at each try: a try made later needs a time and a signature of its own.
        return self.transport.send("POST", PATH, check, auth=sign).content

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """The same, taken out of its envelope. Raises ChannelError where the answer has another name than it should."""
        answer = msgspec.json.decode(self.call(method, **parameters))
        found = answer.get(RESPONSES[method]) if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise ChannelError(f"Pinduoduo answered {method} without {RESPONSES[method]}")
        return found

    def now(self) -> datetime:
        """The platform's own time, whole seconds: what ends a window, however wrong this machine's clock is."""
        return moment(str(self.ask(TIME)["time"]))

    def _form(self, method: str, given: dict[str, str]) -> dict[str, str]:
        form = {
            "type": method,
            "client_id": self.client_id,
            "timestamp": str(int(self.clock().timestamp())),
            "data_type": "JSON",
            "version": "V1",
            **given,
        }
        return form | {"sign": wrapped_md5(form, self.client_secret)}

    def _token(self) -> str:
        if not self.refresh_token:
            return self.access_token
        return Rotation(self.tokens, self.refresh_token, self._refreshed, self.clock).token()

    def _refreshed(self, refresh_token: str) -> Token:
        told = self.ask(REFRESH, refresh_token=refresh_token)
        ends = self.clock().timestamp() + float(told["expires_in"])
        return {"access_token": told["access_token"], "refresh_token": told["refresh_token"], "ends": ends}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value.timestamp())) if isinstance(value, datetime) else str(value)
