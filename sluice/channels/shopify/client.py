"""Shopify's way of answering: errors inside a 200, and queries priced in points from a bucket that refills.

Every answer tells how full the bucket is (`extensions.cost.throttleStatus`: points available, points a second), so the next
query waits exactly until it can be paid, and not at all where it can. Being throttled is the exception, not the pacing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import requests

from sluice.channels.protocol import ChannelError, Connection, Refused
from sluice.channels.transport import Throttled, Transient, Transport, check_status, retry_after

TOKEN_REFUSED = (
    "Shopify refused the access token. In the shop's admin, under Settings > Apps, see that the app is installed, and take its "
    "Admin API access token again."
)
RIGHT_MISSING = "The app may not read or write this: {}. Give it that access scope in its configuration and install it again."
STATUS_WORDS = {
    402: "Shopify has frozen the shop for an unpaid bill; its owner has to settle it.",
    404: "Shopify has no such shop or no such API version: check the url (https://NAME.myshopify.com) and the option version.",
    423: "Shopify has locked the shop; its owner has to ask Shopify's support.",
}
PASSING = ("INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE")


class TooCostly(ChannelError):
    """The query is worth more points than one query may cost: ask for less at once."""


class ThrottleStatus(msgspec.Struct):
    """Points, and points a second."""

    maximumAvailable: float
    currentlyAvailable: float
    restoreRate: float


class Cost(msgspec.Struct):
    throttleStatus: ThrottleStatus
    requestedQueryCost: float | None = None


class Extensions(msgspec.Struct):
    cost: Cost | None = None


class Reply(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: Any = None
    extensions: Extensions | None = None


class PageInfo(msgspec.Struct):
    """Whether a connection goes on, and after what."""

    hasNextPage: bool
    endCursor: str | None = None


@dataclass
class Bucket:
    """The points as the last answer left them, and what each operation was priced at."""

    clock: Callable[[], float] = time.monotonic
    status: ThrottleStatus | None = None
    read_at: float = 0.0
    prices: dict[str, float] = field(default_factory=dict)

    def read(self, operation: str, cost: Cost) -> None:
        self.status, self.read_at = cost.throttleStatus, self.clock()
        if cost.requestedQueryCost is not None:
            self.prices[operation] = cost.requestedQueryCost

    def wait(self, operation: str) -> float:
        """Seconds until the operation can be paid; 0 where its price is not known yet."""
        if self.status is None or self.status.restoreRate <= 0:
            return 0.0
        price = min(self.prices.get(operation, 0.0), self.status.maximumAvailable)
        available = self.status.currentlyAvailable + (self.clock() - self.read_at) * self.status.restoreRate
        return max(0.0, (price - available) / self.status.restoreRate)


class Client:
    """Sends operations to one shop."""

    def __init__(
        self,
        connection: Connection,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = f"/admin/api/{connection.options.version}/graphql.json"
        token = {"X-Shopify-Access-Token": connection.secrets["token"]}
        self._transport = Transport(connection.url.rstrip("/"), headers=token, sleep=sleep)
        self._bucket = Bucket(clock)

    def ask(self, operation: str, **variables: Any) -> bytes:
        """The answer's body, which holds data and no errors. Raises Refused, TooCostly, ChannelError."""
        if wait := self._bucket.wait(operation):
            self._transport.sleep(wait)
        verdict = partial(self._judge, operation)
        payload = {"query": operation, "variables": variables}
        return self._transport.send("POST", self._path, verdict, json=payload).content

    def pause(self, seconds: float) -> None:
        """Wait for Shopify to work on something."""
        self._transport.sleep(seconds)

    def elsewhere(self) -> Transport:
        """For what lies at other addresses, which are to see no token."""
        return Transport("", sleep=self._transport.sleep)

    def ask_first(self, operation: str, first: int, **variables: Any) -> tuple[bytes, int]:
        """As `ask`, for `first` records or as many as one query may cost; and how many that was."""
        while True:
            try:
                return self.ask(operation, first=first, **variables), first
            except TooCostly:
                if first == 1:
                    raise
                first //= 2

    def _judge(self, operation: str, response: requests.Response) -> None:
        reply = _read(response)
        if reply and reply.extensions and reply.extensions.cost:
            self._bucket.read(operation, reply.extensions.cost)
        if response.status_code == 429:
            raise Throttled(retry_after(response) or self._bucket.wait(operation) or None)
        if response.status_code in (401, 403):
            raise Refused(TOKEN_REFUSED)
        if response.status_code in STATUS_WORDS:
            raise ChannelError(STATUS_WORDS[response.status_code])
        check_status(response)
        if reply is None:
            raise Transient("an answer that is no whole JSON")
        if reply.errors:
            self._judge_errors(operation, reply.errors)

    def _judge_errors(self, operation: str, errors: Any) -> None:
        listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        codes = {str((error.get("extensions") or {}).get("code")) for error in listed}
        words = "; ".join(str(error.get("message")) for error in listed) or str(errors)
        if "THROTTLED" in codes:
            raise Throttled(self._bucket.wait(operation) or None)
        if "ACCESS_DENIED" in codes:
            raise Refused(RIGHT_MISSING.format(words))
        if "SHOP_INACTIVE" in codes:
            raise Refused(f"Shopify says that the shop is inactive: {words}")
        if "MAX_COST_EXCEEDED" in codes:
            raise TooCostly(words)
        if codes & set(PASSING):
            raise Transient(words)
        raise ChannelError(f"Shopify did not take the query: {words}")


def _read(response: requests.Response) -> Reply | None:
    """The body as GraphQL over HTTP has it; None for anything else (a proxy's page, a body cut off)."""
    try:
        return msgspec.json.decode(response.content, type=Reply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
