"""A sandbox shop whose orders are told to a service that runs: uvicorn on loopback, on a real database."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import uvicorn

from sluice.channels.shopify.connector import CONNECTOR
from sluice.sandbox.shopify.hooks import Delivery, delivery
from sluice.sandbox.shopify.server import SECRETS, SHOP
from sluice.sandbox.shopify.store import Store
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from sluice.service.app import create_app
from sluice.service.intake import Hook

SECRET = SECRETS["webhook_secret"]
HOOKS = [Hook(CONNECTOR, SHOP, {"webhook_secret": SECRET})]
PATH = f"/webhooks/shopify/{SHOP}"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@cache
def state() -> SandboxState:
    return SandboxState(World.generate(7, 600))


@cache
def orders() -> list[dict[str, Any]]:
    """Every order of the shop as it stands, oldest change first."""
    return Store(state(), SHOP).changed(datetime(2000, 1, 1, tzinfo=UTC))


def told(order: dict[str, Any], topic: str = "orders/updated", secret: str = SECRET) -> Delivery:
    return delivery(order, topic, secret, NOW)


@contextmanager
def serving(url: str, hooks: Sequence[Hook] = tuple(HOOKS)) -> Iterator[str]:
    """Address of a running service that takes these shops' events."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(url, hooks), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
