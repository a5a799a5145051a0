"""Lazada's own Python SDK against our sandbox: its signatures are taken, and it reads the orders that the connector reads."""

import importlib

import pytest

from sluice.sandbox.host import hosted
from sluice.sandbox.lazada.server import REFRESH, SECRETS, SHOP
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world


def test_it_reads_every_order_and_its_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # it writes into ~/logs when it is imported
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    lazop = importlib.import_module("lazop_sdk")
    state = SandboxState(world())
    with hosted(state) as url:

        def call(path: str, token: str | None = None, key: str = SECRETS["app_secret"], **given: object) -> dict[str, object]:
            request = lazop.LazopRequest(path, "GET")
            for name, value in given.items():
                request.add_api_param(name, str(value))
            client = lazop.LazopClient(f"{url}/lazada", SECRETS["app_key"], key)
            return dict(client.execute(request, token).body)

        token = str(call(REFRESH, refresh_token=SECRETS["refresh_token"])["access_token"])
        orders: list[dict[str, object]] = []
        total = 1
        while len(orders) < total:
            window = {"update_after": "2024-01-01T00:00:00+08:00", "update_before": "2026-12-31T00:00:00+08:00"}
            asked = window | {"sort_by": "updated_at", "sort_direction": "ASC", "offset": len(orders), "limit": 100}
            data = call("/orders/get", token, **asked)["data"]
            orders, total = orders + data["orders"], data["countTotal"]  # type: ignore[index]
        truth = state.world.truth(SHOP.channel, SHOP.shop, AS_OF)
        assert len({order["order_id"] for order in orders}) == truth.orders
        pieces = 0
        for at in range(0, len(orders), 100):
            ids = ",".join(str(order["order_id"]) for order in orders[at : at + 100])
            pieces += sum(len(one["order_items"]) for one in call("/orders/items/get", token, order_ids=f"[{ids}]")["data"])  # type: ignore[attr-defined]
        assert pieces == truth.units
        assert call("/orders/get", token, key="wrong", limit=1)["code"] == "IncompleteSignature"
        assert call("/orders/get", "wrong", limit=1)["code"] == "IllegalAccessToken"
