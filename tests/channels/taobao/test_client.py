"""py-taobao-open, made of Taobao's own Python SDK, against our sandbox: its signatures are taken, it reads the same trades."""

import importlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from sluice.channels.protocol import Page
from sluice.sandbox.host import on_loopback
from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.server import BEIJING, SECRETS, app
from tests.channels.taobao.shop import TRADES, newest, shop
from tests.sandbox.worlds import world

taobao = importlib.import_module("taobao_open")
rest = importlib.import_module("taobao_open.api.base")


class ChangedTrades(rest.RestApi):  # type: ignore[misc, name-defined]
    """The SDK has a class a method of the gateway, each no more than this."""

    def getapiname(self) -> str:
        return "taobao.trades.sold.increment.get"


def test_it_reads_the_trades_that_the_connector_reads() -> None:
    state = SandboxState(world())
    with on_loopback(app(state)) as url:
        ours = newest(list[Page](shop(url).pages(TRADES, None)))
        today = state.now.astimezone(BEIJING)
        found: dict[int, dict[str, Any]] = {}
        for day in range(3):
            until = today - timedelta(days=day)
            found |= {trade["tid"]: trade for trade in _changed(url, until - timedelta(days=1), until)}
        assert len(found) > 5
        assert {tid: trade["payment"] for tid, trade in found.items()} == {tid: ours[tid]["payment"] for tid in found}
        with pytest.raises(rest.TopException, match="Invalid signature"):
            _changed(url, today - timedelta(days=1), today, secret="wrong")


def _changed(url: str, since: Any, until: Any, secret: str = SECRETS["app_secret"]) -> list[dict[str, Any]]:
    place = urlsplit(url)
    request = ChangedTrades(place.hostname, place.port)
    request.set_app_info(taobao.appinfo(SECRETS["app_key"], secret))
    request.start_modified, request.end_modified = f"{since:%Y-%m-%d %H:%M:%S}", f"{until:%Y-%m-%d %H:%M:%S}"
    request.fields, request.page_no, request.page_size = "tid,payment,modified", "1", "100"
    answer = request.getResponse(SECRETS["session"])["trades_sold_increment_get_response"]
    return list(answer["trades"]["trade"])
