"""Calls to the Selling Partner API: access tokens of Login with Amazon, errors by their code, the pace that Amazon sets.

There is no signature since 2023: the access token in a header is all. An operation's rate is a property of the account; Amazon
tells it in `x-amzn-RateLimit-Limit` where it can, and nothing with most refusals, so the last one told counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
import requests
from msgspec import Struct

from sluice.channels.oauth import RefreshGrant
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Throttled, Transient, Transport, retry_after

HEADERS = {"User-Agent": "Sluice/1.0 (Language=Python)", "Accept": "application/json"}
_APP = "Amazon does not know the app: check client_id and client_secret (the secret ends after 180 days)."
ADVICE = {
    "invalid_grant": "Amazon no longer accepts the refresh token: authorise the app again, store the new refresh_token.",
    "invalid_client": _APP,
    "unauthorized_client": _APP,
}
"""By what Login with Amazon answers."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API and its default rate (requests a second), as the published models give it."""

    method: str
    path: str
    rate: float


SEARCH_ORDERS = Operation("GET", "/orders/2026-01-01/orders", 0.0056)
GET_ORDER = Operation("GET", "/orders/2026-01-01/orders/{order}", 0.5)
CONFIRM_SHIPMENT = Operation("POST", "/orders/v0/orders/{order}/shipmentConfirmation", 2)
SEARCH_LISTINGS = Operation("GET", "/listings/2021-08-01/items/{seller}", 5)
GET_LISTING = Operation("GET", "/listings/2021-08-01/items/{seller}/{sku}", 5)
LIST_TRANSACTIONS = Operation("GET", "/finances/2024-06-19/transactions", 0.5)
INVENTORY = Operation("GET", "/fba/inventory/v1/summaries", 2)
PATCH_LISTING = Operation("PATCH", "/listings/2021-08-01/items/{seller}/{sku}", 5)


class InvalidInput(ChannelError):
    """Amazon did not accept what was asked."""


class Denied(Refused):
    """The app may not do this, while its credentials are good."""


class Fault(Struct):
    code: str = ""
    message: str = ""
    details: str | None = None

    def __str__(self) -> str:
        return f"{self.message or self.code} ({self.code}{': ' + self.details if self.details else ''})"


class _Answer(Struct):
    errors: list[Fault] = []


def _decoded(response: requests.Response, kind: Any) -> Any:
    try:
        return msgspec.json.decode(response.content or b"{}", type=kind)
    except msgspec.MsgspecError as broken:
        raise Transient(f"an answer that is not Amazon's JSON ({broken})") from broken


def _faults(response: requests.Response) -> list[Fault]:
    try:
        return msgspec.json.decode(response.content or b"{}", type=_Answer).errors
    except msgspec.MsgspecError:
        return []


@dataclass
class Gateway:
    """One seller's account, through one app."""

    transport: Transport
    grant: RefreshGrant
    _rates: dict[Operation, float] = field(default_factory=dict)

    def call(
        self, operation: Operation, places: Mapping[str, str] | None = None, body: Any = None, **parameters: object
    ) -> bytes:
        """The answer's body; parameters that are None are left out. Raises InvalidInput, Denied, Refused, ChannelError."""
        path = operation.path.format(**{name: quote(value, safe="") for name, value in (places or {}).items()})
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        more = {} if body is None else {"json": body}

        def verdict(response: requests.Response) -> None:
            self._check(operation, response)

        # As `auth`, because it runs at each try: one made after a long wait may need a new token.
        return self.transport.send(operation.method, path, verdict, params=given, auth=self._admitted, **more).content

    def _admitted(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["x-amz-access-token"] = self.grant.token()
        return request

    def _check(self, operation: Operation, response: requests.Response) -> None:
        """Raise what the answer means: by Amazon's code where there is one, else by the HTTP status."""
        told = _positive(response.headers.get("x-amzn-RateLimit-Limit", ""))
        if told:
            self._rates[operation] = told
        status = response.status_code
        if status < 400:
            _decoded(response, _Answer)
            return
        fault = next(iter(_faults(response)), Fault(f"HTTP {status}"))
        if status == 429 or fault.code == "QuotaExceeded":
            wait = retry_after(response)
            raise Throttled(1 / self._rates.get(operation, operation.rate) if wait is None else wait)
        if status >= 500 or fault.code in ("InternalFailure", "ServiceUnavailable"):
            raise Transient(f"Amazon: {fault}")
        if status in (401, 403):
            # Amazon has one code for a token that is no longer good and for a right that is missing.
            token = response.request.headers.get("x-amz-access-token")
            if "expired" in f"{fault.message} {fault.details}" or not self.grant.is_new(token):
                self.grant.end(token)
                raise Transient(f"Amazon does not take the access token: {fault}")
            raise Denied(
                "Amazon does not let the app do this. Check in Seller Central that the app has the role for it, that it was"
                f" authorised after the role was added, and that the region and the marketplace are the account's. Said: {fault}"
            )
        if status in (400, 404):
            raise InvalidInput(f"Amazon: {fault}")
        raise ChannelError(f"Amazon: HTTP {status}, {fault}")


def moved(following: str, token: str | None) -> None:
    """Raises ChannelError where a page token leads back to where it was asked for."""
    if following == token:
        raise ChannelError("Amazon answered with the page token that it was asked with; the next run starts again there")


def _positive(text: str) -> float | None:
    try:
        return float(text) if float(text) > 0 else None
    except ValueError:
        return None


def iso(moment: datetime) -> str:
    """An aware moment as Amazon writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    return ",".join(value) if isinstance(value, list | tuple) else str(value)
