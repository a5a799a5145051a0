"""A whole shop read while its platform limits us: how long it takes beside what the limit allows.

Run: python -m benchmarks.limits [ORDERS [CHANNEL ...]]. Each channel's sandbox is put behind a bucket of calls that fills by RATE
a second, and turns away what is too much with the channel's own answer to it; Shopify has its bucket of points. Seconds are wall
time, most of it waiting: the limit is at work only where a sandbox answers faster than it allows.
"""

import sys
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

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
POINTS, MOST_POINTS = 100.0, 2_000.0
"""Shopify's own: points a second of its standard plan, and points that may be saved up."""


@dataclass
class Limited:
    """A channel whose calls are counted; what is too much is answered as the channel answers it."""

    app: ASGIApp
    channel: str
    faults: Faults
    bucket: Bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.bucket.take(1):
            self.faults.plan(self.channel, throttle=1)
        await self.app(scope, receive, send)


def main(orders: int, wanted: list[str]) -> None:
    print("channel        orders   given  refused  allowed s   took s   took/allowed")
    for name, seller in sellers().items():
        if not wanted or name in wanted:
            _measure(connectors()[name], seller, orders)


def _measure(connector: Connector, seller: Seller, orders: int) -> None:
    state = SandboxState(World.generate(20260101, round(orders / seller.shop.share)))
    app, bucket = _limited(connector.name, state)
    stream = next(stream for stream in connector.streams if stream.order_key in stream.key)
    with on_loopback(Starlette(routes=[Mount(f"/{connector.name}", app)])) as url:
        channel = connector.open(seller.connection(connector, url, lambda: AS_OF))
        # the sandbox makes its records when they are first asked for; the bucket is full again afterwards
        next(iter(channel.pages(stream, None)), None)
        bucket.fill()
        before, refused, began = bucket.spent, bucket.refused, time.monotonic()
        pages = connector.open(seller.connection(connector, url, lambda: AS_OF)).pages(stream, None)
        records = sum(len(list(connector.records(stream, page.body, page.context))) for page in pages)
        took = time.monotonic() - began
    given = bucket.spent - before
    allowed = max(0.0, given - bucket.maximum) / bucket.rate
    ratio = f"{took / allowed:>12.2f}" if allowed > 1 else "    no limit"
    counts = f"{records:>8,} {given:>7,.0f} {bucket.refused - refused:>8}"
    print(f"{connector.name:<12} {counts} {allowed:>10.1f} {took:>8.1f}   {ratio}", flush=True)


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
