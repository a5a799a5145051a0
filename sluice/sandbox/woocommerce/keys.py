"""Who may ask: as WooCommerce checks it, by Basic or the query where the line is encrypted, by OAuth 1.0a where it is not."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.requests import Request

WINDOW = 15 * 60
"""Seconds that a signature holds."""
OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")


class Denied(Exception):
    """401, whatever is wrong: the code says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


NOBODY = Denied("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


def _wrong(message: str) -> Denied:
    return Denied("woocommerce_rest_authentication_error", message)


@dataclass
class Keys:
    """`known` is (secret, may write) by consumer key."""

    known: Mapping[str, tuple[str, bool]]
    seen: set[tuple[str, str]] = field(default_factory=set)

    def may_write(self, request: Request, now: datetime) -> bool:
        """Raises Denied for who may not even read."""
        secure = request.headers.get("x-forwarded-proto") == "https"
        return self._plain(request) if secure else self._signed(request, now)

    def _plain(self, request: Request) -> bool:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            key, _, secret = base64.b64decode(encoded).decode().partition(":")
        else:
            key, secret = request.query_params.get("consumer_key", ""), request.query_params.get("consumer_secret", "")
        if key not in self.known:
            raise NOBODY
        if not hmac.compare_digest(self.known[key][0], secret):
            raise _wrong("Consumer secret is invalid.")
        return self.known[key][1]

    def _signed(self, request: Request, now: datetime) -> bool:
        given = dict(request.query_params)
        missing = [name for name in OAUTH if name not in given]
        if len(missing) == len(OAUTH):
            raise NOBODY
        if missing:
            raise _wrong(f"Missing OAuth parameter {', '.join(missing)}")
        key = given["oauth_consumer_key"]
        if key not in self.known:
            raise _wrong("Consumer key is invalid.")
        secret, may_write = self.known[key]
        if not hmac.compare_digest(_signature(request, given, secret), given["oauth_signature"]):
            raise _wrong("Invalid signature - provided signature does not match.")
        sent = int(given["oauth_timestamp"])
        if min(abs(sent - clock.timestamp()) for clock in (now, datetime.now(UTC))) > WINDOW:
            raise _wrong("Invalid timestamp.")
        if (key, given["oauth_nonce"]) in self.seen:
            raise _wrong("Invalid nonce - nonce has already been used.")
        self.seen.add((key, given["oauth_nonce"]))
        return may_write


def _signature(request: Request, given: Mapping[str, str], secret: str) -> str:
    """As the plugin makes it: names and values encoded, encoded again, joined by encoded signs."""
    method = given["oauth_signature_method"]
    if method not in ("HMAC-SHA1", "HMAC-SHA256"):
        raise _wrong("Invalid signature - signature method is invalid.")
    named = {name: value for name, value in given.items() if name != "oauth_signature"}
    joined = "%26".join(f"{_twice(name)}%3D{_twice(named[name])}" for name in sorted(named))
    address = quote(f"http://{request.headers['host']}{request.url.path}", safe="")
    made = hmac.digest(f"{secret}&".encode(), f"{request.method}&{address}&{joined}".encode(), method[5:].lower())
    return base64.b64encode(made).decode()


def _twice(text: str) -> str:
    return quote(text, safe="-._~").replace("%", "%25")
