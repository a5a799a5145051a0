"""Odoo's JSON-2 (Odoo 19 and newer): an address a method, the key as bearer, the bare result, errors by HTTP status and name."""

from typing import Any

import msgspec
import requests

from sluice.channels.odoo.rpc import BUSY, DENIED, LEADS_ON, Fault, NoModel
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Transient, Transport, check_status

NOT_FOUND = "werkzeug.exceptions.NotFound"
UNAUTHORIZED = "werkzeug.exceptions.Unauthorized"


class _Error(msgspec.Struct):
    name: str = ""
    message: str = ""


def verdict(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, NoModel, ChannelError."""
    if response.history:
        raise ChannelError(LEADS_ON.format(response.url.split("?")[0]))
    if response.status_code == 429 or response.ok:
        check_status(response)
        _whole(response)
        return
    try:
        error = msgspec.json.decode(response.content, type=_Error)
    except msgspec.MsgspecError:
        error = _Error()
    if not error.name:
        check_status(response)  # not Odoo's own words: something in between
    if error.name in DENIED or error.name == UNAUTHORIZED or response.status_code in (401, 403):
        raise Refused(
            f"Odoo refused: {error.message}. Check the key, which lives three months at most, and the user's access rights."
        )
    if error.name.startswith(BUSY):
        raise Transient(error.message)
    model = response.url.partition("/json/2/")[2].partition("/")[0]
    if error.name == NOT_FOUND and model in error.message:
        raise NoModel(f"Odoo: {error.message}", error.name)
    raise Fault(f"Odoo: {error.name} {error.message}".strip(), error.name)


def _whole(response: requests.Response) -> None:
    try:
        msgspec.json.decode(response.content, type=msgspec.Raw)
    except msgspec.DecodeError as fault:
        raise Transient(f"an answer that is no JSON ({fault})") from fault


class Json2:
    """One user's key on one database."""

    def __init__(self, transport: Transport, database: str, key: str) -> None:
        self.transport = transport
        self.headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": database}

    def call(self, model: str, method: str, ids: list[int] | None = None, **named: Any) -> bytes:
        """A JSON object whose `result` is what the method gives. Raises Refused, NoModel, ChannelError."""
        of = {} if ids is None else {"ids": ids}
        given = of | {name: value for name, value in named.items() if value is not False}
        answer = self.transport.send("POST", f"/json/2/{model}/{method}", verdict, json=given, headers=self.headers)
        return b'{"result": ' + answer.content + b"}"
