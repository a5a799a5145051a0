"""A Taobao shop to read from: our connector against the sandbox, or against a gateway that a test scripts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests

from sluice.channels.protocol import Connection, Page
from sluice.channels.taobao.connector import CONNECTOR, Options, Taobao
from sluice.channels.taobao.gateway import HEADERS, Gateway
from sluice.channels.transport import Transport
from sluice.sandbox.taobao.server import SECRETS

TRADES, REFUNDS, ITEMS = CONNECTOR.streams


def connection(url: str, secrets: Mapping[str, str] = SECRETS, **options: Any) -> Connection:
    return Connection(
        shop="flagship",
        url=url,
        secrets=dict(secrets),
        currency="CNY",
        timezone="Asia/Shanghai",
        since=datetime(2025, 1, 1, tzinfo=UTC),
        options=Options(**options),
    )


def shop(
    url: str,
    sleep: Callable[[float], None] = lambda seconds: None,
    session: requests.Session | None = None,
    secrets: Mapping[str, str] = SECRETS,
    **options: Any,
) -> Taobao:
    """Opened as the connector does, but waiting as the test says."""
    opened = connection(url, secrets, **options)
    transport = Transport(opened.url, headers=HEADERS, sleep=sleep, session=session or requests.Session())
    return Taobao(opened, Gateway(transport, **opened.secrets, sign_method=opened.options.sign_method))


def records(pages: list[Page], stream: Any = TRADES) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for page in pages for one in CONNECTOR.records(stream, page.body, page.context)]


def newest(pages: list[Page], stream: Any = TRADES, key: str = "tid") -> dict[Any, dict[str, Any]]:
    """The newest form of each record, as landing keeps it."""
    found: dict[Any, dict[str, Any]] = {}
    for record in records(pages, stream):
        if key not in found or record["modified"] >= found[key]["modified"]:
            found[record[key]] = record
    return found


def answered(form: Mapping[str, str], **members: Any) -> dict[str, Any]:
    """An answer under the name that the called method's has."""
    return {form["method"].removeprefix("taobao.").replace(".", "_") + "_response": members}


def refused(code: int, sub_code: str = "", sub_msg: str = "") -> dict[str, Any]:
    return {"error_response": {"code": code, "msg": "Remote service error", "sub_code": sub_code, "sub_msg": sub_msg}}
