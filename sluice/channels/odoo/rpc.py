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


class NoModel(ChannelError):
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
        raise NoModel(f"Odoo: {said}")
    raise ChannelError(f"Odoo: {name} {said}".strip())


@dataclass
class Rpc:
    """One user on one database; logs in at the first call."""

    transport: Transport
    database: str
    user: str
    password: str = field(repr=False)
    _uid: int | None = None

    def search_read(self, model: str, domain: Domain, fields: list[str], order: str, limit: int | None = None) -> bytes:
        """The body of the answer. Raises Refused, NoModel, ChannelError."""
        options = {"fields": fields, "order": order, "limit": limit or False}
        arguments = [self.database, self.uid, self.password, model, "search_read", [domain], options]
        return self._call("object", "execute_kw", arguments)

    @property
    def uid(self) -> int:
        """The user's id. Raises Refused."""
        if self._uid is None:
            body = self._call("common", "authenticate", [self.database, self.user, self.password, {}])
            found = msgspec.json.decode(msgspec.json.decode(body, type=_Answer).result)
            if not isinstance(found, int) or found is False:
                raise Refused(f"Odoo knows no user {self.user} with this password or key in database {self.database}.")
            self._uid = found
        return self._uid

    def _call(self, service: str, method: str, arguments: list[Any]) -> bytes:
        params = {"service": service, "method": method, "args": arguments}
        call = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        return self.transport.send("POST", "/jsonrpc", verdict, json=call).content
