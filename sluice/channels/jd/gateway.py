"""JD's gateway (routerjson), through which every API is called: signing, errors inside HTTP 200, Beijing time.

Rules from open.jd.com, dev-guide listId 2643, whose published signing example is among the tests. JD calls this gateway the
historic one and is moving to another with other headers: all that knows it is in this file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import requests
from msgspec import Raw, Struct

from sluice.channels.jd.renewal import Renewal
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.signing import wrapped_md5
from sluice.channels.transport import Throttled, Transient, Transport, check_status

PATH = "/routerjson"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
BEIJING = timezone(timedelta(hours=8))
"""The platform's time, wherever the shop is. China keeps no summer time."""
FORMAT = "%Y-%m-%d %H:%M:%S"

# Codes are not documented in one place and some are used twice, so that the platform's words decide, in this order.
LIMITED = ("频率", "频繁", "流控", "限流", "超过调用", "call limit", "too many", "qps")
TIME = ("timestamp", "时间戳")
TOKEN = ("token", "授权已过期", "授权过期")
PERMISSION = ("权限", "permission", "not authorized", "未授权")
KEY = ("sign", "签名", "app_key", "appkey")
PASSING = ("稍后", "重试", "超时", "繁忙", "系统异常", "服务不可用", "timeout", "unavailable", "try again")


def beijing(moment: datetime) -> str:
    """An aware moment in the platform's own notation."""
    return moment.astimezone(BEIJING).strftime(FORMAT)


def moment(text: str) -> datetime:
    """An aware moment from the platform's notation."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=BEIJING)


class Fault(Struct):
    """What the gateway, or an API inside its answer, says instead of a result; HTTP status 200."""

    code: Any = None
    zh_desc: str | None = None
    en_desc: str | None = None

    def __str__(self) -> str:
        return f"{', '.join(filter(None, (self.zh_desc, self.en_desc)))} ({self.code})"


def check(response: requests.Response) -> None:
    """Raise what JD's answer means. Raises Throttled, Transient, Refused, ChannelError."""
    check_status(response)
    try:
        fault = found(msgspec.json.decode(response.content, type=dict[str, Raw]))
    except msgspec.DecodeError as broken:
        raise Transient(f"an answer that is no JSON ({broken})") from broken
    if fault:
        raise meaning(fault)


def found(answer: Mapping[str, Raw]) -> Fault | None:
    """The fault in an answer: the gateway's, or one that the API tells of in a result of its own."""
    if "error_response" in answer:
        return msgspec.json.decode(answer["error_response"], type=Fault)
    for name, held in answer.items():
        if name.endswith(("_responce", "_response")):
            return _inside(msgspec.json.decode(held))
    return None


def _inside(held: Any) -> Fault | None:
    """JD's results say whether they are one: `success`, in the result or in its `apiResult`, as a word or as text."""
    if not isinstance(held, dict):
        return None
    if str(held.get("code", "0")) not in ("0", "00000", "200"):
        return Fault(held["code"], held.get("zh_desc") or held.get("errorMessage"), held.get("en_desc"))
    for result in (held, *held.values()):
        told = result.get("apiResult", result) if isinstance(result, dict) else {}
        if isinstance(told, dict) and str(told.get("success", "true")).lower() == "false":
            said = [told.get(name) for name in ("chineseErrCode", "englishErrCode", "errorMessage", "message", "msg")]
            texts = [str(one) for one in said if one]
            code = next((told[name] for name in ("numberCode", "errorCode", "code") if told.get(name)), None)
            return Fault(code, "; ".join(texts) or "the call failed without a reason")
    return None


def meaning(fault: Fault) -> Exception:
    """The exception that stands for `fault`, in words that a shop owner can act on."""
    said = str(fault).lower()

    def speaks_of(words: tuple[str, ...]) -> bool:
        return any(word in said for word in words)

    if speaks_of(LIMITED):
        return Throttled()
    if speaks_of(TIME):
        return ChannelError(f"JD refused the request's time: this machine's clock is over 6 minutes off. Said: {fault}")
    if speaks_of(TOKEN):
        return Refused(f"JD no longer accepts the access token: authorise the app again, store the new token. Said: {fault}")
    if speaks_of(PERMISSION):
        return Refused(f"JD does not grant the app this right: apply for it in the app's console. Said: {fault}")
    if speaks_of(KEY):
        return Refused(f"JD refused the app: check app_key and app_secret. Said: {fault}")
    if speaks_of(PASSING):
        return Transient(f"JD: {fault}")
    return ChannelError(f"JD: {fault}")


@dataclass(frozen=True)
class Gateway:
    """Signed calls for one app and one shop's token. `nested` puts an order query's fields into the container that JD names.

    With a `renewal` the access token is renewed before it ends; without, the one that was given is used as long as JD takes it.
    """

    transport: Transport
    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    nested: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    renewal: Renewal | None = field(default=None, repr=False)

    def call(self, method: str, container: str | None = None, **parameters: object) -> bytes:
        """The answer to `method`, parameters that are None left out. Raises Refused, ChannelError."""
        given: dict[str, Any] = {name: _plain(value) for name, value in parameters.items() if value is not None}
        business = msgspec.json.encode({container: given} if container and self.nested else given, order="sorted").decode()

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.prepare_body(self._form(method, business), None)
            return request

        # As `auth`, because it runs at each try: a try made later needs a time and a signature of its own.
        return self.transport.send("POST", PATH, check, auth=sign).content

    def ask(self, method: str, container: str | None = None, **parameters: object) -> dict[str, Any]:
        """The same, taken out of its envelope. Raises ChannelError where there is none."""
        told = msgspec.json.decode(self.call(method, container, **parameters))
        for name in (f"{method.replace('.', '_')}_responce", f"{method.replace('.', '_')}_response"):
            if isinstance(told.get(name), dict):
                return dict(told[name])
        raise ChannelError(f"JD answered {method} without a response")

    def _form(self, method: str, business: str) -> dict[str, str]:
        form = {
            "360buy_param_json": business,
            "access_token": self.renewal.token() if self.renewal else self.access_token,
            "app_key": self.app_key,
            "method": method,
            "timestamp": beijing(self.clock()),
            "v": "2.0",
        }
        return form | {"sign": wrapped_md5(form, self.app_secret)}


def _plain(value: object) -> object:
    return beijing(value) if isinstance(value, datetime) else value
