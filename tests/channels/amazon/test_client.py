"""python-amazon-sp-api, a widely used client, against our sandbox: it reads the orders that the connector reads."""

import importlib

import pytest

from sluice.sandbox.amazon import SECRETS, SHOP
from sluice.sandbox.amazon.records import MARKETPLACE
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world


def test_it_reads_every_order(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # it looks for credentials of its own in the home folder
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    sp_api = importlib.import_module("sp_api.api")
    auth = importlib.import_module("sp_api.auth")
    state = SandboxState(world())
    with hosted(state) as url:

        class Login(auth.AccessTokenClient):  # type: ignore[misc, name-defined]
            scheme, host = "http://", url.removeprefix("http://") + "/amazon"

        credentials = {
            "refresh_token": SECRETS["refresh_token"],
            "lwa_app_id": SECRETS["client_id"],
            "lwa_client_secret": SECRETS["client_secret"],
        }
        client = sp_api.OrdersV20260101(credentials=credentials, auth_token_client_class=Login)
        client.endpoint = f"{url}/amazon"
        asked = {"lastUpdatedAfter": "2024-01-01T00:00:00Z", "marketplaceIds": MARKETPLACE, "maxResultsPerPage": 100}
        asked["includedData"] = ["PROCEEDS", "PACKAGES"]
        page = client.search_orders(**asked)
        orders = list(page.orders)
        while page.next_token:
            page = client.search_orders(**asked, paginationToken=page.next_token)
            orders += page.orders
        truth = state.world.truth(SHOP.channel, SHOP.shop, AS_OF)
        assert len({order["orderId"] for order in orders}) == truth.orders
        assert sum(item["quantityOrdered"] for order in orders for item in order["orderItems"]) == truth.units
        one = client.get_order(orders[0]["orderId"], includedData=["PROCEEDS"]).payload["order"]
        assert one["orderId"] == orders[0]["orderId"]
