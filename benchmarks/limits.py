"""A whole shop read while its platform limits us: how long it takes beside what the limit allows.

Run: python -m benchmarks.limits [ORDERS [CHANNEL ...]]. Each channel's sandbox is put behind a bucket of calls that fills by RATE
a second, and turns away what is too much with the channel's own answer to it, with the true time to wait where that answer names
one; Shopify has its bucket of points. A shop of ORDERS whose walk takes too few calls to meet the limit is made larger until it
takes BEYOND more than the bucket holds: so no line is without a limit. It is walked once without one, which makes its records.
"""

import logging
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sluice.channels.protocol import Connector
from sluice.channels.registry import connectors
from sluice.sandbox.faults import Faults
from sluice.sandbox.host import on_loopback
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.sellers import Seller, sellers
from sluice.sandbox.shopify.bucket import Bucket
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

RATE, BURST = 2.0, 10.0
"""Calls a second, and calls at once: small enough that any sandbox here could answer more."""
BEYOND = 20
"""Calls, at least, that have to wait for the limit."""
POINTS, MOST_POINTS = 100.0, 2_000.0
"""Shopify's own: points a second of its standard plan, and points that may be saved up."""
LIFTED = 1e12
"""No limit, as a number that an answer can tell."""
LARGEST = 6_000_000
"""Orders of a world: more would not fit into memory."""


@dataclass
class Limited:
    """A channel whose calls are counted; what is too much is answered as the channel answers it."""

    app: ASGIApp
    channel: str
    faults: Faults
    bucket: Bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.bucket.take(1):
            return await self.app(scope, receive, send)
        self.faults.plan(self.channel, throttle=1)
        wait = (1 - self.bucket.available()) / self.bucket.rate

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = [(name, str(wait).encode() if name == b"retry-after" else value) for name, value in message["headers"]]
                message = {**message, "headers": named}
            await send(message)

        await self.app(scope, receive, told)


@dataclass(frozen=True)
class Walk:
    """What reading all orders took: `spent` calls, of Shopify points, `refused` calls turned away."""

    orders: int
    spent: float
    refused: int
    seconds: float


def main(orders: int, wanted: list[str]) -> None:
    # what was turned away is counted below
    logging.getLogger("sluice.channels").setLevel(logging.ERROR)
    print("channel        orders   given  refused  allowed s   took s   took/allowed")
    for name in wanted or sellers():
        print(_measured(connectors()[name], sellers()[name], orders), flush=True)


def _measured(connector: Connector, seller: Seller, orders: int) -> str:
    """One line of the table."""
    size = float(orders)
    while True:
        state = SandboxState(World.generate(20260101, round(size), [seller.shop]))
        app, bucket = _limited(connector.name, state)
        enough = bucket.maximum + BEYOND * bucket.rate / RATE
        with on_loopback(Starlette(routes=[Mount(f"/{connector.name}", app)])) as url:
            limit, bucket.rate, bucket.maximum = (bucket.rate, bucket.maximum), LIFTED, LIFTED
            free = _walked(connector, seller, url, bucket)
            if free.spent >= enough or size >= LARGEST:
                bucket.rate, bucket.maximum = limit
                bucket.fill()
                walk = _walked(connector, seller, url, bucket)
                break
        size = min(LARGEST, size * max(1.2, 1.1 * enough / free.spent))
    allowed = (walk.spent - bucket.maximum) / bucket.rate
    counts = f"{walk.orders:>8,} {walk.spent:>7,.0f} {walk.refused:>8}"
    return f"{connector.name:<12} {counts} {allowed:>10.1f} {walk.seconds:>8.1f}   {walk.seconds / allowed:>12.2f}"


def _walked(connector: Connector, seller: Seller, url: str, bucket: Bucket) -> Walk:
    stream = next(stream for stream in connector.streams if stream.order_key in stream.key)
    before, refused, began = bucket.spent, bucket.refused, time.monotonic()
    pages = connector.open(seller.connection(connector, url, lambda: AS_OF)).pages(stream, None)
    orders = sum(len(list(connector.records(stream, page.body, page.context))) for page in pages)
    return Walk(orders, bucket.spent - before, bucket.refused - refused, time.monotonic() - began)


def _limited(name: str, state: SandboxState) -> tuple[ASGIApp, Bucket]:
    make: Any = import_module(f"sluice.sandbox.{name}").app
    if name == "shopify":
        bucket = Bucket(MOST_POINTS, POINTS)
        return make(state, bucket), bucket
    bucket = Bucket(BURST, RATE)
    app = make(state, RATE) if name == "amazon" else make(state)
    return Limited(app, name, state.faults, bucket), bucket


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 2_000, given[1:])
