"""The TOP gateway, through which every Taobao/Tmall API is called: signing, errors inside HTTP 200, Beijing time.

Rules from open.taobao.com docId 101617 (call and signature), whose published example is among the tests.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused, Remembered, Token, Tokens
from sluice.channels.rotation import Rotation
from sluice.channels.signing import keyed, wrapped_md5
from sluice.channels.transport import Throttled, Transient, Transport, check_status

PATH = "/router/rest"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
BEIJING = timezone(timedelta(hours=8))
"""The platform's time, wherever the shop is. China keeps no summer time."""
FORMAT = "%Y-%m-%d %H:%M:%S"

TIME_GET, REFRESH = "taobao.time.get", "taobao.top.auth.token.refresh"

BAN = re.compile(r"ban will last for (\d+) more second")
SESSION, SIGNATURE, KEY, PERMISSION, TIME = {26, 27}, {24, 25}, {28, 29}, {11, 12, 13}, {30, 31}
LIMITED, UNAVAILABLE = 7, 10


def beijing(moment: datetime) -> str:
    """An aware moment in the platform's own notation."""
    return moment.astimezone(BEIJING).strftime(FORMAT)


def moment(text: str) -> datetime:
    """An aware moment from the platform's notation."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=BEIJING)


def signature(parameters: Mapping[str, str], secret: str, method: str) -> str:
    """Upper-case hexadecimal signature over all parameters but `sign`, names in ASCII order. `method` is TOP's sign_method."""
    if method == "md5":
        return wrapped_md5(parameters, secret)
    return keyed(parameters, secret, {"hmac": "md5", "hmac-sha256": "sha256"}[method])


class Fault(Struct):
    """What TOP says instead of an answer, with HTTP status 200."""

    code: int = 0
    msg: str = ""
    sub_code: str = ""
    sub_msg: str = ""

    def __str__(self) -> str:
        return f"{self.sub_msg or self.msg} ({self.sub_code or self.code})"


class _Envelope(Struct):
    error_response: Fault | None = None


def check(response: requests.Response) -> None:
    """Raise what TOP's answer means. Raises Throttled, Transient, Refused, ChannelError."""
    check_status(response)
    try:
        fault = msgspec.json.decode(response.content, type=_Envelope).error_response
    except msgspec.DecodeError as broken:
        raise Transient(f"an answer that is no JSON ({broken})") from broken
    if fault:
        raise meaning(fault)


def meaning(fault: Fault) -> Exception:
    """The exception that stands for `fault`, in words that a shop owner can act on."""
    if fault.code == LIMITED or fault.sub_code.startswith("accesscontrol."):
        ban = BAN.search(fault.sub_msg) or BAN.search(fault.msg)
        return Throttled(int(ban[1]) + 1 if ban else None)
    if fault.sub_code.startswith("isp.") or fault.code == UNAVAILABLE:
        return Transient(f"Taobao: {fault}")
    if fault.code in SESSION or "session" in fault.sub_code:
        return Refused(f"Taobao no longer accepts the session key: authorise the app again, store the new key. Said: {fault}")
    if fault.code in SIGNATURE or fault.code in KEY:
        return Refused(f"Taobao refused the app: check app_key, app_secret and sign_method. Said: {fault}")
    if fault.code in PERMISSION or "permission" in fault.sub_code:
        return Refused(f"Taobao does not grant the app this right: apply for it in the app's console. Said: {fault}")
    if fault.code in TIME:
        return ChannelError(f"Taobao refused the request's time: this machine's clock is over 10 minutes off. Said: {fault}")
    return ChannelError(f"Taobao: {fault}")


def renewed(response: requests.Response) -> None:
    """The same of an answer to a renewal, which the platform grants to some apps only."""
    try:
        check(response)
    except (Refused, ChannelError) as fault:
        raise Refused(
            "Taobao does not renew the session key. It renews those of apps that are ordered in its service market, as long as"
            " the order runs; those of a shop's own app last a fixed time. Authorise the app again, store the new session (and"
            f" refresh_token, or leave that out). Said: {fault}"
        ) from fault


class _Grant(Struct):
    """What a renewal gives, as JSON inside the answer's text. `expires_in` is seconds."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None


class _Renewal(Struct):
    token_result: str


@dataclass(frozen=True)
class Gateway:
    """Signed calls for one app and one shop's session. With a `refresh_token` the session is renewed before it ends."""

    transport: Transport
    app_key: str
    app_secret: str = field(repr=False)
    session: str = field(repr=False)
    sign_method: str = "md5"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    refresh_token: str | None = field(default=None, repr=False)
    tokens: Tokens = field(default_factory=Remembered, repr=False)

    def call(self, method: str, **parameters: object) -> bytes:
        """The answer to `method`, parameters that are None left out. Raises Refused, ChannelError."""
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        if method != REFRESH:
            given["session"] = self._session()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.prepare_body(self._form(method, given), None)
            return request

        # As `auth`, because it runs at each try: a try made minutes later, after a ban, needs a time and a signature of its own.
        verdict = renewed if method == REFRESH else check
        return self.transport.send("POST", PATH, verdict, auth=sign).content

    def now(self) -> datetime:
        """The platform's own time, whole seconds: what ends a window, however wrong this machine's clock is."""
        answer = msgspec.json.decode(self.call(TIME_GET), type=dict[str, dict[str, str]])
        return moment(answer["time_get_response"]["time"])

    def _form(self, method: str, given: Mapping[str, str]) -> dict[str, str]:
        form = {
            "method": method,
            "app_key": self.app_key,
            "timestamp": beijing(self.clock()),
            "format": "json",
            "v": "2.0",
            "sign_method": self.sign_method,
            **given,
        }
        return form | {"sign": signature(form, self.app_secret, self.sign_method)}

    def _session(self) -> str:
        if not self.refresh_token:
            return self.session
        return Rotation(self.tokens, self.refresh_token, self._refreshed, self.clock).token()

    def _refreshed(self, refresh_token: str) -> Token:
        asked = self.clock().timestamp()
        answer = self.call(REFRESH, refresh_token=refresh_token)
        try:
            told = msgspec.json.decode(answer, type=dict[str, _Renewal])["top_auth_token_refresh_response"]
            grant = msgspec.json.decode(told.token_result, type=_Grant, strict=False)
        except (msgspec.MsgspecError, KeyError) as fault:
            raise ChannelError(f"Taobao answered a renewal of the session key with something else ({fault})") from fault
        ends = asked + grant.expires_in
        return {"access_token": grant.access_token, "refresh_token": grant.refresh_token or refresh_token, "ends": ends}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return beijing(value) if isinstance(value, datetime) else str(value)


def whole_second(moment: datetime) -> datetime:
    """The first whole second that is not before `moment`; TOP knows no parts of seconds."""
    return datetime.fromtimestamp(math.ceil(moment.timestamp()), UTC)
