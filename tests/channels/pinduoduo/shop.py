"""A Pinduoduo shop: our connector against the sandbox, or against a gateway that a test scripts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sluice.channels.pinduoduo.connector import CONNECTOR, Options, Pinduoduo
from sluice.channels.pinduoduo.contract import RESPONSES
from sluice.channels.pinduoduo.gateway import HEADERS, Gateway
from sluice.channels.protocol import Connection, Page
from sluice.channels.transport import Transport
from sluice.sandbox.pinduoduo import SECRETS

ORDERS, REFUNDS, GOODS = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)


def shop(
    url: str,
    secrets: Mapping[str, str] = SECRETS,
    since: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    clock: Callable[[], datetime] = lambda: NOW,
    sleep: Callable[[float], None] = lambda seconds: None,
    **options: Any,
) -> Pinduoduo:
    """Opened as the connector does, but waiting as the test says, and without a refresh token unless one is given."""
    opened = Connection("main", url, dict(secrets), "CNY", "Asia/Shanghai", since, Options(**options), clock)
    used = {name: secrets[name] for name in CONNECTOR.secrets}
    gateway = Gateway(Transport(url, headers=HEADERS, sleep=sleep), **used, clock=clock)
    return Pinduoduo(opened, gateway)


def answered(form: Mapping[str, str], **members: Any) -> dict[str, Any]:
    """An answer under the key that the called API's has."""
    return {RESPONSES[form["type"]]: members}


def refused(code: int, text: str = "", sub: str = "") -> dict[str, Any]:
    return {"error_response": {"error_code": code, "error_msg": text, "sub_code": None, "sub_msg": sub, "request_id": "1"}}


def records(pages: list[Page], stream: Any = ORDERS) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for page in pages for one in CONNECTOR.records(stream, page.body, page.context)]
