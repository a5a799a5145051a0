"""OAuth 1.0a without a user (RFC 5849, "one-legged"): how WooCommerce wants requests signed where the line is not encrypted."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

PORTS = {"http": 80, "https": 443}


def encoded(text: str) -> str:
    """Section 3.6: everything but letters, digits and `-._~` as %XX."""
    return quote(text, safe="-._~")


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Section 3.4.1. `parameters` are all of the query and of OAuth's own, but for the signature."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.port and parts.port != PORTS.get(parts.scheme.lower()):
        host = f"{host}:{parts.port}"
    where = f"{parts.scheme.lower()}://{host}{parts.path or '/'}"
    pairs = sorted((encoded(name), encoded(value)) for name, value in parameters)
    return "&".join([method.upper(), encoded(where), encoded("&".join(f"{name}={value}" for name, value in pairs))])


def signature(text: str, secret: str, token_secret: str = "", digest: str = "sha256") -> str:
    """Section 3.4.2: base64 of the HMAC of a base string."""
    key = f"{encoded(secret)}&{encoded(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), digest)).decode()


@dataclass(frozen=True)
class OAuth1(AuthBase):
    """Signs what is sent, in the query. A request that is tried again is signed again: a nonce holds once."""

    key: str
    secret: str = field(repr=False)
    clock: Callable[[], float] = time.time

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.url is not None
        assert request.method is not None
        parts = urlsplit(request.url)
        signed = [
            *parse_qsl(parts.query, keep_blank_values=True),
            ("oauth_consumer_key", self.key),
            ("oauth_nonce", secrets.token_hex(16)),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", str(int(self.clock()))),
        ]
        text = base_string(request.method, request.url, signed)
        query = "&".join(
            f"{encoded(name)}={encoded(value)}" for name, value in [*signed, ("oauth_signature", signature(text, self.secret))]
        )
        request.url = urlunsplit(parts._replace(query=query))
        return request
