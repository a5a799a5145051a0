"""Vendure's way of answering: GraphQL whose errors come in a 200, and a session or an API key."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec
import requests

from sluice.channels.protocol import ChannelError, Connection, Refused, Token
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

KEY_REFUSED = (
    "Vendure refused the API key, or its role may not do this: {}. Make a key under Settings > API keys, with a role that may "
    "read orders, customers, catalogue, stock locations and settings, and let the server's tokenMethod hold 'api-key'."
)
LOGIN_REFUSED = "Vendure refused the administrator {}: {}. Check the identifier and the password in the secrets user and key."
RIGHT_MISSING = (
    "Vendure let {} in but not to this: {}. Give that administrator's role the permissions ReadOrder, ReadCustomer, ReadCatalog, "
    "ReadStockLocation and ReadSettings, and UpdateCatalog and UpdateOrder to write."
)
NO_API = (
    "There is no Admin API at {}: the url has to be the server's own, without /admin-api, and the option path what it calls it."
)
LOGIN = """
mutation login($user: String!, $password: String!) {
  login(username: $user, password: $password) { __typename ... on CurrentUser { id } ... on ErrorResult { errorCode message } }
}
"""
SESSION = timedelta(hours=12)
"""How long a session is used, though Vendure keeps it longer."""
T = TypeVar("T")


class NotAuthorized(Exception):
    """Vendure's FORBIDDEN: a session that ended, or a right that is missing."""


class TooComplex(ChannelError):
    """The server limits how much one query may ask for: ask for fewer records."""


class _Extensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class Reply(msgspec.Struct):
    """An answer of GraphQL."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] | None = None


class _Login(msgspec.Struct):
    login: dict[str, Any]


@dataclass
class Client:
    """Sends operations to one server, as one administrator, for one of its channels."""

    connection: Connection
    transport: Transport = field(init=False)

    def __post_init__(self) -> None:
        token = self.connection.options.channel_token
        self.transport = Transport(self.connection.url.rstrip("/"), headers={"vendure-token": token} if token else {})
        self._user = self.connection.secrets.get("user")

    def ask(self, operation: str, **variables: Any) -> bytes:
        """The answer's body, which holds data and no errors. Raises Refused, TooComplex, ChannelError."""
        if self._user is None:
            try:
                return self._send(operation, variables, {"vendure-api-key": self.connection.secrets["key"]}).content
            except NotAuthorized as fault:
                raise Refused(KEY_REFUSED.format(fault)) from fault
        try:
            return self._as_user(operation, variables, renew=False)
        except NotAuthorized:
            try:
                return self._as_user(operation, variables, renew=True)
            except NotAuthorized as fault:
                raise Refused(RIGHT_MISSING.format(self._user, fault)) from fault

    def read(self, shape: type[T], operation: str, **variables: Any) -> T:
        """The data of an answer. Raises as `ask` does."""
        return data(self.ask(operation, **variables), shape)

    def _as_user(self, operation: str, variables: dict[str, Any], renew: bool) -> bytes:
        def is_fresh(token: Token) -> bool:
            return not renew and datetime.fromisoformat(token["until"]) > self.connection.now()

        session = self.connection.tokens.fresh(is_fresh, lambda _: self._login())
        return self._send(operation, variables, {"Authorization": f"Bearer {session['token']}"}).content

    def _login(self) -> Token:
        answer = self._send(LOGIN, {"user": self._user, "password": self.connection.secrets["key"]}, {})
        said = data(answer.content, _Login).login
        token = answer.headers.get("vendure-auth-token")
        if "errorCode" in said:
            raise Refused(LOGIN_REFUSED.format(self._user, said["message"]))
        if token is None:
            raise Refused("Vendure gave no session token: let the server's tokenMethod hold 'bearer'.")
        return {"token": token, "until": (self.connection.now().astimezone(UTC) + SESSION).isoformat()}

    def _send(self, operation: str, variables: dict[str, Any], headers: dict[str, str]) -> requests.Response:
        path = self.connection.options.path
        verdict = partial(judge, address=self.transport.base_url + path)
        payload = {"query": operation, "variables": variables}
        return self.transport.send("POST", path, verdict, json=payload, headers=headers)


def data(body: bytes, shape: type[T]) -> T:
    """What an answer holds."""
    return msgspec.json.decode(msgspec.json.decode(body, type=Reply).data, type=shape)


def judge(response: requests.Response, address: str) -> None:
    """Raise what an answer means. Raises NotAuthorized, Throttled, Transient, TooComplex, ChannelError."""
    code = response.status_code
    if code == 429:
        raise Throttled(retry_after(response))
    if code >= 500:
        raise Transient(f"HTTP {code}")
    if code == 404:
        raise ChannelError(NO_API.format(address))
    try:
        reply = msgspec.json.decode(response.content, type=Reply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        if code in (401, 403):
            raise Refused(f"HTTP {code}: something in front of Vendure refused the request. Let {address} be reached.") from fault
        raise Transient("an answer that is no whole JSON") from fault
    if reply.errors:
        _judge_errors(reply.errors)
    if code in (401, 403):
        raise NotAuthorized(f"HTTP {code}")
    if code >= 400:
        raise ChannelError(f"Vendure did not take the query: HTTP {code} {response.text[:300]}")


def _judge_errors(errors: list[_Error]) -> None:
    codes = {error.extensions.code for error in errors}
    words = "; ".join(error.message for error in errors)
    if codes & {"FORBIDDEN", "UNAUTHORIZED"}:
        raise NotAuthorized(words)
    if "INTERNAL_SERVER_ERROR" in codes:
        raise Transient(words)
    if "complex" in words.lower():
        raise TooComplex(words)
    if "CHANNEL_NOT_FOUND" in codes:
        raise ChannelError(f"Vendure knows no channel of this token: check the option channel_token. ({words})")
    raise ChannelError(f"Vendure did not take the query: {words}")
