"""A JD shop: our connector against the sandbox, or against a gateway that a test scripts."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sluice.channels.jd.connector import CONNECTOR, Jd, Options
from sluice.channels.jd.gateway import HEADERS, Gateway
from sluice.channels.protocol import Connection, Page
from sluice.channels.transport import Transport
from sluice.sandbox.jd import SECRETS

ORDERS, SERVICES, SKUS = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)


def shop(
    url: str,
    secrets: Mapping[str, str] = SECRETS,
    since: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    clock: Callable[[], datetime] = lambda: NOW,
    **options: Any,
) -> Jd:
    """Opened as the connector does, but without waiting."""
    opened = Connection("main", url, dict(secrets), "CNY", "Asia/Shanghai", since, Options(**options), clock)
    transport = Transport(url, headers=HEADERS, sleep=lambda seconds: None)
    return Jd(opened, Gateway(transport, **secrets, nested=opened.options.parameters == "nested", clock=clock))


def asked(form: Mapping[str, str]) -> dict[str, Any]:
    return dict(json.loads(form["360buy_param_json"]))


def answered(form: Mapping[str, str], spelling: str = "_responce", **members: Any) -> dict[str, Any]:
    return {form["method"].replace(".", "_") + spelling: {"code": "0", **members}}


def records(pages: list[Page], stream: Any = ORDERS) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for page in pages for one in CONNECTOR.records(stream, page.body, page.context)]
