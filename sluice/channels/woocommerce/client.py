"""WooCommerce's way of answering: errors as {code, message, data} beside an HTTP status that seldom says enough."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import requests
from requests.auth import AuthBase, HTTPBasicAuth

from sluice.channels.protocol import ChannelError, Connection, Refused
from sluice.channels.transport import Throttled, Transient, Transport, retry_after
from sluice.channels.woocommerce.oauth import OAuth1

API = "/wp-json/wc/v3"
KEYS = "WooCommerce > Settings > Advanced > REST API"
NO_API = (
    "There is no WooCommerce REST API at this address. Check the url, that the plugin is active, and that Settings > Permalinks "
    "is not 'Plain'."
)
WORDS = {
    "woocommerce_rest_cannot_view": "WooCommerce knows no such key, or its user may not see this. The key must belong to a shop "
    f"manager and may read, see {KEYS}. If it is right, the server drops the Authorization header: set options.auth to query.",
    "woocommerce_rest_authentication_error": "WooCommerce did not accept the secret or the signature. Check consumer_secret, "
    "that the url is the site's address exactly as in Settings > General, and that this machine's clock is right.",
}
READ_ONLY = f"The key may not write: in {KEYS} give it the permission Read/Write."


class Missing(ChannelError):
    """WooCommerce has no record of that id."""


class Fault(msgspec.Struct):
    """`data` is left out: it is mostly {status}, at times a bare number."""

    code: str | int = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


def verdict(response: requests.Response) -> None:
    """Raise what the answer means. Raises Throttled, Transient, Refused, Missing, ChannelError."""
    status = response.status_code
    if status < 300:
        _whole(response)
        return
    if status < 400:
        # To follow would turn a write into a read, or show the key to another host.
        raise ChannelError(f"The shop has moved to {_place(response)}: put that address into the url.")
    fault = _fault(response)
    if status == 429:
        raise Throttled(retry_after(response))
    if status >= 500:
        raise Transient(f"HTTP {status}" + (f": {fault}" if fault else ""))
    if status in (401, 403):
        raise Refused(_refusal(status, fault))
    if fault and str(fault.code).endswith("_invalid_id"):
        raise Missing(f"WooCommerce: {fault}")
    if status == 404:
        raise ChannelError(NO_API)
    raise ChannelError(f"WooCommerce did not take the request: {fault}" if fault else f"HTTP {status}")


def _whole(response: requests.Response) -> None:
    try:
        msgspec.json.decode(response.content, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as broken:
        page = "a page of HTML, perhaps of PHP's warnings" if response.content.lstrip().startswith(b"<") else str(broken)
        raise Transient(f"an answer that is no JSON: {page}") from broken


def _place(response: requests.Response) -> str:
    """Where a redirect leads, without what is after the site's own address: a query may hold a signature."""
    return response.headers.get("Location", "another address").split("?")[0].removesuffix("/").split("/wp-json")[0]


def _fault(response: requests.Response) -> Fault | None:
    try:
        return msgspec.json.decode(response.content, type=Fault)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _refusal(status: int, fault: Fault | None) -> str:
    if fault is None:
        return f"HTTP {status}, and not by WooCommerce: a firewall or security plugin turns us away. Let it pass {API}."
    if str(fault.code) in WORDS:
        return f"{WORDS[str(fault.code)]} Said: {fault}"
    if str(fault.code).startswith("woocommerce_rest_cannot_"):
        return f"{READ_ONLY} Said: {fault}"
    return f"WooCommerce refused: {fault}. See {KEYS}."


def credentials(auth: str, url: str, key: str, secret: str) -> AuthBase | None:
    """How requests prove who sends them; None where the key goes into the query."""
    if auth == "auto":
        auth = "basic" if url.startswith("https:") else "oauth1"
    return {"basic": HTTPBasicAuth(key, secret), "oauth1": OAuth1(key, secret), "query": None}[auth]


class Client:
    """Sends requests to one shop."""

    def __init__(self, connection: Connection) -> None:
        url = connection.url.rstrip("/")
        key, secret = connection.secrets["consumer_key"], connection.secrets["consumer_secret"]
        self._auth = credentials(connection.options.auth, url, key, secret)
        self._key = {} if self._auth else {"consumer_key": key, "consumer_secret": secret}
        self.zone = ZoneInfo(connection.timezone)
        self._transport = Transport(url + API, headers={"Accept": "application/json"})

    def get(self, path: str, **parameters: Any) -> requests.Response:
        """A whole JSON answer. Raises Refused, Missing, ChannelError."""
        return self._send("GET", path, params=parameters)

    def write(self, method: str, path: str, content: Mapping[str, Any]) -> requests.Response:
        """What WooCommerce made of `content`. Raises Refused, Missing, ChannelError."""
        return self._send(method, path, json=content)

    def _send(self, method: str, path: str, **arguments: Any) -> requests.Response:
        arguments["params"] = {**arguments.get("params", {}), **self._key}
        return self._transport.send(method, f"/{path}", verdict, auth=self._auth, allow_redirects=False, **arguments)
