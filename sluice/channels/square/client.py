"""Square's REST API: bearer tokens that may have to be renewed, errors by category, lists by opaque cursors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import requests
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Connection, Refused, Token
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

URL = "https://connect.squareup.com"
MOST_PAGES = 100_000
"""Of one list. A thousand orders a page: more than any shop has."""
EARLY = timedelta(days=7)
"""A token lives 30 days and is renewed when a week is left."""
WORDS = {
    "ACCESS_TOKEN_EXPIRED": "the access token has expired: make a new one in Square's developer console, or connect by an app",
    "ACCESS_TOKEN_REVOKED": "the access token was revoked: let the seller grant the app its rights again",
    "CLIENT_DISABLED": "the app is disabled: enable it in Square's developer console",
    "APPLICATION_DISABLED": "the app is disabled: enable it in Square's developer console",
    "INSUFFICIENT_SCOPES": "the token lacks a right",
    "FORBIDDEN": "the token lacks a right",
}


class Error(Struct):
    category: str
    code: str
    detail: str = ""
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" + (f" ({self.field})" if self.field else "")


class Answer(Struct):
    """What every answer may hold."""

    errors: list[Error] | None = None
    cursor: str | None = None


class Grant(Struct):
    access_token: str
    expires_at: str | None = None
    refresh_token: str | None = None


class Fault(ChannelError):
    """An error of one request, with Square's code of it."""

    def __init__(self, error: Error) -> None:
        super().__init__(f"Square: {error}")
        self.code = error.code


def verdict(response: requests.Response) -> None:
    """Raise what the answer means by its body. Raises Throttled, Transient, Refused, Fault, ChannelError."""
    try:
        errors = msgspec.json.decode(response.content, type=Answer).errors or []
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        errors = []
        if response.ok:
            raise Transient("the answer was cut off") from fault
    category = errors[0].category if errors else ""
    if response.status_code == 429 or category == "RATE_LIMIT_ERROR":
        raise Throttled(retry_after(response))
    if response.status_code in (401, 403) or category == "AUTHENTICATION_ERROR":
        raise Refused(_words(response.status_code, errors))
    if response.status_code >= 500 or category == "API_ERROR":
        raise Transient(str(errors[0]) if errors else f"HTTP {response.status_code}")
    if errors:
        raise Fault(errors[0])
    if not response.ok:
        raise ChannelError(f"Square: HTTP {response.status_code}: {response.text[:300]}")


def _words(status: int, errors: list[Error]) -> str:
    if not errors:
        return f"Square: HTTP {status}: it refused the access token. Check it in Square's developer console"
    advice = WORDS.get(errors[0].code, "Square refused the access token: check it in Square's developer console")
    return f"Square: {advice} ({errors[0]})"


@dataclass
class Client:
    """Asks as one seller. Tokens of an app are renewed before they end."""

    connection: Connection
    transport: Transport
    _token: Token = field(default_factory=dict, repr=False)

    def ask(self, method: str, path: str, body: Any = None, params: Mapping[str, Any] | None = None) -> bytes:
        """The answer's body. Raises Refused, Fault, ChannelError."""
        arguments: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.token()}"}}
        if body is not None:
            arguments["data"] = msgspec.json.encode(body)
            arguments["headers"]["Content-Type"] = "application/json"
        return self.transport.send(method, path, verdict, params=params, **arguments).content

    def search(self, path: str, body: Mapping[str, Any]) -> Iterator[bytes]:
        """Every page of a list that is asked for by POST; the same question goes with each cursor, as Square wants it."""
        return self._walk(lambda cursor: self.ask("POST", path, {**body, **cursor}))

    def list(self, path: str, params: Mapping[str, Any]) -> Iterator[bytes]:
        """Every page of a list that is asked for by GET."""
        return self._walk(lambda cursor: self.ask("GET", path, params={**params, **cursor}))

    def _walk(self, ask: Any) -> Iterator[bytes]:
        seen: set[str] = set()
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            body = ask(cursor)
            yield body
            following = msgspec.json.decode(body, type=Answer).cursor
            if not following:
                return
            if following in seen:
                break
            seen.add(following)
            cursor = {"cursor": following}
        raise ChannelError("Square's list has no end: it gave the same cursor twice. The next run starts again")

    def token(self) -> str:
        """The access token: as it was given, or, where the app's id is known, made from the refresh token that was given."""
        secrets = self.connection.secrets
        if not secrets.get("client_id"):
            return secrets["token"]
        if not self._token or not self._fresh(self._token):
            self._token = self.connection.tokens.fresh(self._fresh, self._renew)
        return str(self._token["access_token"])

    def _fresh(self, token: Token) -> bool:
        # A new grant by the seller replaces the one that was kept.
        if token.get("granted") != self.connection.secrets["token"]:
            return False
        ends = token.get("expires_at")
        return ends is None or datetime.fromisoformat(ends) - self.connection.now() > EARLY

    def _renew(self, kept: Token | None) -> Token:
        secrets = self.connection.secrets
        granted = secrets["token"]
        # Of an app without a secret (PKCE) each refresh token is good for once: the last one that Square gave counts.
        last = kept["refresh_token"] if kept and kept.get("granted") == granted else granted
        asked = {"client_id": secrets["client_id"], "grant_type": "refresh_token", "refresh_token": last}
        if secrets.get("client_secret"):
            asked["client_secret"] = secrets["client_secret"]
        answer = self.transport.send("POST", "/oauth2/token", _granted, json=asked)
        grant = msgspec.json.decode(answer.content, type=Grant)
        return {
            "granted": granted,
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token or last,
            "expires_at": grant.expires_at,
        }


def _granted(response: requests.Response) -> None:
    """OAuth errors come as `errors` or in OAuth's own form; either way the grant is what has to be renewed."""
    if 400 <= response.status_code < 500 and response.status_code != 429:
        raise Refused(
            f"Square: HTTP {response.status_code}: the app's grant can't be renewed. Let the seller grant it again, put the new"
            " refresh token under `token`, and check client_id and client_secret"
        )
    verdict(response)


def rfc3339(moment: datetime) -> str:
    """In UTC with milliseconds, as Square writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
