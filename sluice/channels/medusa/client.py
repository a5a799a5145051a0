"""Medusa's way of answering: errors as {type, message}, unknown parameters passed over in silence, no limit of calls."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import requests
from requests.auth import HTTPBasicAuth

from sluice.channels.protocol import ChannelError, Connection, Refused
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

KEY_REFUSED = (
    "Medusa refused the key. In the admin, under Settings > Secret API Keys, make one, or see that this one was not revoked; a "
    "publishable key (pk_...) won't do."
)
NO_API = "There is no Medusa Admin API at this address. Check the url: it is the server's, without /admin or /app."

Parameters = Sequence[tuple[str, str]]


class Missing(ChannelError):
    """Medusa has no record of that id."""


class Fault(msgspec.Struct):
    message: str = ""
    type: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.type})" if self.type else self.message


def verdict(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, Missing, ChannelError."""
    status = response.status_code
    if status < 300:
        _whole(response)
        return
    if status < 400:
        # To follow would turn a write into a read, or show the key to another host.
        where = response.headers.get("Location", "another address").split("?")[0].split("/admin")[0]
        raise ChannelError(f"Medusa has moved to {where}: put that address into the url.")
    fault = _fault(response)
    if status == 429:
        raise Throttled(retry_after(response))
    if status >= 500:
        raise Transient(f"HTTP {status}" + (f": {fault}" if fault else ""))
    if status == 401:
        raise Refused(KEY_REFUSED)
    if status == 403:
        raise Refused(f"Medusa does not let this key do that: {fault}" if fault else "HTTP 403: a firewall turns us away.")
    if status == 404:
        raise Missing(f"Medusa: {fault}") if fault and fault.type == "not_found" else ChannelError(NO_API)
    raise ChannelError(f"Medusa did not take the request: {fault}" if fault else f"HTTP {status}")


def _whole(response: requests.Response) -> None:
    try:
        msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as broken:
        raise Transient(f"an answer that is no JSON ({broken})") from broken


def _fault(response: requests.Response) -> Fault | None:
    try:
        return msgspec.json.decode(response.content, type=Fault)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class Client:
    """Sends requests to one server."""

    def __init__(self, connection: Connection) -> None:
        self._auth = HTTPBasicAuth(connection.secrets["api_key"], "")
        self._transport = Transport(connection.url.rstrip("/"), headers={"Accept": "application/json"})

    def get(self, path: str, parameters: Parameters = ()) -> bytes:
        """A whole JSON object. Raises Refused, Missing, ChannelError."""
        return self._send("GET", path, params=list(parameters))

    def post(self, path: str, content: Mapping[str, Any], parameters: Parameters = ()) -> bytes:
        """What Medusa made of `content`. Raises Refused, Missing, ChannelError."""
        return self._send("POST", path, params=list(parameters), json=content)

    def _send(self, method: str, path: str, **arguments: Any) -> bytes:
        sent = self._transport.send(method, f"/admin/{path}", verdict, auth=self._auth, allow_redirects=False, **arguments)
        return sent.content
