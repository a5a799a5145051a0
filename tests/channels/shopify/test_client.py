"""Shopify's own Python client against our sandbox: it reads the orders that the connector reads, and exports them."""

import json
import urllib.request
from typing import Any

import pytest

from sluice.channels.shopify import bulk_query
from sluice.channels.shopify.graphql import CLAIMS
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.shopify.server import SECRETS
from sluice.sandbox.state import SandboxState
from tests.channels.shopify.worlds import HERE
from tests.sandbox.worlds import world

shopify = pytest.importorskip("shopify")


def test_it_reads_and_exports_every_order() -> None:
    state = SandboxState(world())
    truth = state.world.truth(*HERE, AS_OF)
    with hosted(state) as url:
        shopify.ShopifyResource.set_site(f"{url}/shopify/admin/api/2026-07")
        shopify.ShopifyResource.set_headers({"X-Shopify-Access-Token": SECRETS["token"]})
        client = shopify.GraphQL()

        def ask(text: str, /, **variables: Any) -> Any:
            return json.loads(client.execute(text, variables))["data"]

        found, after = [], None
        while after is not None or not found:
            page = ask(CLAIMS, first=100, after=after, query="processed_at:>='2020-01-01T00:00:00Z'")["orders"]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        assert len({order["legacyResourceId"] for order in found}) == truth.orders
        assert sum(round(float(order["totalPriceSet"]["shopMoney"]["amount"]) * 100) for order in found) == truth.total_minor

        text = bulk_query.export("orders", "updated_at:>='2020-01-01T00:00:00Z'")
        started = ask(bulk_query.RUN, query=text)["bulkOperationRunQuery"]
        assert started["userErrors"] == []
        ident, operation = started["bulkOperation"]["id"], {"status": "CREATED"}
        while operation["status"] in ("CREATED", "RUNNING"):
            operation = ask(bulk_query.OPERATION, id=ident)["bulkOperation"]
        assert operation["status"] == "COMPLETED"
        assert int(operation["objectCount"]) > truth.orders
        with urllib.request.urlopen(operation["url"]) as file:
            lines = [json.loads(line) for line in file]
        assert len(lines) == int(operation["objectCount"])
        assert len([line for line in lines if "__parentId" not in line]) == truth.orders
