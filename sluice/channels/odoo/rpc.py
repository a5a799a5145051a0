"""Odoo's JSON-RPC: one address, every answer HTTP 200, errors in the body, `false` where others say null."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import requests

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Transient, Transport, check_status

Domain = list[Any]
"""Odoo's search conditions in prefix notation: ["|", [field, operator, value], ...]."""

DENIED = ("odoo.exceptions.AccessDenied", "odoo.exceptions.AccessError")
BUSY = ("psycopg2.errors.", "psycopg2.OperationalError", "psycopg2.InterfaceError", "odoo.exceptions.ConcurrencyError")
"""Faults of the database behind Odoo: serialization, locks, lost connections."""
LEADS_ON = "Odoo's address leads on to {}: name the one it leads to as url."


class Fault(ChannelError):
    """An error of Odoo's own, `name` as its servers call it."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class NoModel(Fault):
    """The model belongs to an app that is not installed."""


class _Data(msgspec.Struct):
    name: str = ""
    message: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


def verdict(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, NoModel, ChannelError."""
    if response.history:
        raise ChannelError(LEADS_ON.format(response.url.split("?")[0]))
    check_status(response)
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except msgspec.MsgspecError as fault:
        raise Transient(f"an answer that is no JSON-RPC ({fault})") from fault
    if answer.error is None:
        return
    name, said = answer.error.data.name, answer.error.data.message or answer.error.message
    if name in DENIED:
        raise Refused(f"Odoo refused: {said}. Check the user, the key and the user's access rights.")
    if name.startswith(BUSY) and "does not exist" not in said:
        raise Transient(said)
    if said.endswith("doesn't exist"):
        raise NoModel(f"Odoo: {said}", name)
    raise Fault(f"Odoo: {name} {said}".strip(), name)


@dataclass
class Rpc:
    """One user on one database; logs in at the first call."""

    transport: Transport
    database: str
    user: str
    password: str = field(repr=False)
    _uid: int | None = None

    def call(self, model: str, method: str, ids: list[int] | None = None, **named: Any) -> bytes:
        """The body of the answer, whose `result` is what the method gives. Raises Refused, NoModel, ChannelError."""
        of = [] if ids is None else [ids]
        return self._call("object", "execute_kw", [self.database, self.uid, self.password, model, method, of, named])

    @property
    def uid(self) -> int:
        """The user's id. Raises Refused."""
        if self._uid is None:
            body = self._call("common", "authenticate", [self.database, self.user, self.password, {}])
            found = msgspec.json.decode(msgspec.json.decode(body, type=_Answer).result)
            if not isinstance(found, int) or found is False:
                raise Refused(
                    f"Odoo knows no user {self.user} with this password or key in database {self.database}. "
                    "Keys can have an end: make a new one in the user's preferences, under account security."
                )
            self._uid = found
        return self._uid

    def _call(self, service: str, method: str, arguments: list[Any]) -> bytes:
        params = {"service": service, "method": method, "args": arguments}
        call = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        return self.transport.send("POST", "/jsonrpc", verdict, json=call).content
