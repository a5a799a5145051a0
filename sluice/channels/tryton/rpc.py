"""Tryton's JSON-RPC: one address a database, a session by login, errors of its own inside HTTP 200."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import msgspec
import requests

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Transient, Transport, check_status, retry_after

PATHS = ("/{database}/rpc/", "/{database}/")
"""Where calls go: with Tryton 8.0, and with 7.0."""
BUSY = ("could not serialize", "deadlock", "database is locked", "server closed the connection", "terminating connection")
"""Faults of the database behind Tryton, in its words."""


class Denied(Refused):
    """A call that Tryton's own rules are against, `said` in its words."""

    def __init__(self, said: str) -> None:
        super().__init__(f"Tryton refused: {said} Check the groups and the company of the user.")
        self.said = said


class NoModel(ChannelError):
    """The model belongs to a module that is not activated."""


class _Expired(ChannelError):
    """The session is no longer taken."""


class _NoPlace(ChannelError):
    """There is nothing at this address."""


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: list[Any] | None = None


def verdict(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, NoModel, ChannelError."""
    if response.history:
        raise ChannelError(f"Tryton's address leads on to {response.url.split('?')[0]}: name the one it leads to as url.")
    if response.status_code == 401:
        raise _Expired("Tryton took the login, but not the session that it gave for it.")
    check_status(response)
    try:
        error = msgspec.json.decode(response.content, type=_Answer).error
    except msgspec.MsgspecError as fault:
        raise Transient(f"an answer that is no JSON-RPC ({fault})") from fault
    if error:
        _raise(str(error[0]), error[1] if len(error) > 1 else None)


def _raise(name: str, told: Any) -> None:
    said = str(told[0]) if isinstance(told, list) and told else str(told or "")
    if name == "UserError":
        raise Denied(said)
    if name == "UserWarning" and isinstance(told, list):
        # its name, then what it says
        raise ChannelError(f"Tryton asks before it does that: {' '.join(str(word) for word in told[1:] if word)}"[:300])
    if name == "LoginException":
        raise Refused("Tryton asks for more than a password at login: let this user sign in with a password alone.")
    if name == "ConcurrencyException" or any(word in f"{name} {said}" for word in BUSY):
        raise Transient(f"{name} {said}"[:300])
    # A name that Tryton does not know comes back in quotes, as Python shows a missing key.
    if name.startswith("'") and name.endswith("'"):
        raise NoModel(f"Tryton knows no {name[1:-1]}.")
    raise ChannelError(f"Tryton: {name} {said}".strip()[:300])


def _login_verdict(response: requests.Response) -> None:
    if response.status_code in (404, 405):
        raise _NoPlace("there is nothing at this address")
    if response.status_code == 401:
        raise Refused("Tryton knows no such user with this password. Check the login, the password and that the user is active.")
    if response.status_code == 429 and retry_after(response) is None:
        raise Refused(
            "Tryton takes no logins of this user for a while, after several with a wrong password. Correct the password, then "
            "wait some minutes: each further try makes it longer."
        )
    verdict(response)


@dataclass
class Rpc:
    """One user on one database; logs in at the first call, and once more where the session has ended."""

    transport: Transport
    database: str
    user: str
    password: str = field(repr=False)
    _session: str | None = field(default=None, repr=False)
    _path: str = ""

    def call(self, model: str, method: str, *arguments: Any) -> bytes:
        """The body of the answer, whose `result` is what the method gives. Raises Refused, NoModel, ChannelError."""
        try:
            return self._call(model, method, arguments)
        except _Expired:
            self._session = None
        try:
            return self._call(model, method, arguments)
        except _Expired as fault:
            raise Refused(f"{fault} Is there a proxy that drops the header Authorization?") from fault

    def _call(self, model: str, method: str, arguments: tuple[Any, ...]) -> bytes:
        session = self._session or self._login()
        call = {"id": 1, "method": f"model.{model}.{method}", "params": list(arguments)}
        return self.transport.send(
            "POST", self._path, verdict, json=call, headers={"Authorization": f"Session {session}"}
        ).content

    def _login(self) -> str:
        call = {"id": 1, "method": "common.db.login", "params": [self.user, {"password": self.password}, "en"]}
        for path in PATHS:
            self._path = path.format(database=self.database)
            try:
                body = self.transport.send("POST", self._path, _login_verdict, json=call).content
            except _NoPlace:
                continue
            # [user's id, session], and since 8.0 where messages come from
            answer = msgspec.json.decode(msgspec.json.decode(body, type=_Answer).result)
            if not isinstance(answer, list) or len(answer) < 2:
                raise ChannelError("Tryton's login answered with something that is no session")
            self._session = b64encode(f"{self.user}:{answer[0]}:{answer[1]}".encode()).decode()
            return self._session
        raise ChannelError(
            f"Tryton has no database {self.database} at {self.transport.base_url}: check the secret database and the url."
        )
