"""The Shopify sandbox: what it answers fits Shopify's own schema, and it guards its door as Shopify does."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from graphql import execute, parse, validate

from sluice.channels.shopify import bulk_query
from sluice.channels.shopify import graphql as shopify_graphql
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.shopify.bucket import Bucket
from sluice.sandbox.shopify.records import LOCATIONS, amount, gid
from sluice.sandbox.shopify.server import SECRETS, app
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.shopify.schema import schema
from tests.channels.shopify.shop import served
from tests.channels.shopify.worlds import HERE

WORLD = World.generate(5, 1000)
LISTING = WORLD.listings.filter(channel="shopify").row(0, named=True)
ITEM, PLACE = gid("InventoryItem", LISTING["stock_ref"]), LOCATIONS["WH-SH"]
QUERY = "updated_at:>='2000-01-01T00:00:00Z'"


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(WORLD)


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/shopify"


def post(url: str, text: str, /, token: str = SECRETS["token"], version: str = "2026-07", **variables: Any) -> requests.Response:
    return requests.post(
        f"{url}/admin/api/{version}/graphql.json",
        json={"query": text, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
        timeout=30,
    )


def data(url: str, text: str, /, **variables: Any) -> Any:
    body = post(url, text, **variables).json()
    assert "errors" not in body, body["errors"]
    return body["data"]


def fits(query: str, answer: Any) -> None:
    """Shopify's schema, executed over the answer as if it were the data, must give the answer back: every type, enum, null."""
    document = parse(query)
    assert validate(schema(), document) == []
    again = execute(
        schema(),
        document,
        answer,
        variable_values=_any(query),
        field_resolver=lambda value, info, **_: value[info.path.key],
        type_resolver=lambda value, *_: value["__typename"],
    )
    assert again.errors is None, again.errors
    assert again.data == answer


def _any(query: str) -> dict[str, Any]:
    """Variables that pass; the answer is there already."""
    change = {"name": "available", "reason": "x", "quantities": []}
    values = {"first": 1, "id": "x", "ids": ["x"], "l0": "x", "input": change, "key": "x", "after": None, "query": "x"}
    return {name: value for name, value in values.items() if f"${name}" in query}


@pytest.mark.parametrize("stream", ["orders", "customers", "products"])
@pytest.mark.parametrize("days", [0, 20])
def test_every_page_fits_the_schema(url: str, state: SandboxState, stream: str, days: int) -> None:
    state.advance(days=days)
    query = shopify_graphql.page(stream)
    after, seen = None, 0
    while True:
        answer = data(url, query, first=100, query=QUERY, after=after)
        fits(query, answer)
        seen += len(answer[stream]["nodes"])
        if not answer[stream]["pageInfo"]["hasNextPage"]:
            break
        after = answer[stream]["pageInfo"]["endCursor"]
    assert seen > 20


def test_every_other_answer_fits_the_schema(url: str) -> None:
    orders = data(url, shopify_graphql.page("orders"), first=250, query=QUERY)["orders"]["nodes"]
    products = data(url, shopify_graphql.page("products"), first=1, query=QUERY)["products"]["nodes"]
    owners = {
        "order": orders[0]["id"],
        "product": products[0]["id"],
        "refund": next(order["refunds"][0]["id"] for order in orders if order["refunds"]),
        "fulfillment": next(order["fulfillments"][0]["id"] for order in orders if order["fulfillments"]),
    }
    parts = [part for owned in shopify_graphql.PARTS.values() for part in owned]
    parts += [inner for part in parts for inner in part.parts]
    for part in parts:
        query = shopify_graphql.rest(part)
        answer = data(url, query, id=owners[part.owner], first=5)
        assert answer[part.owner] is not None
        fits(query, answer)
    for query, variables in [
        (shopify_graphql.CLAIMS, {"first": 5, "query": "processed_at:>='2000-01-01T00:00:00Z'"}),
        (shopify_graphql.LOCATIONS, {"first": 5}),
        (shopify_graphql.SCOPES, {}),
        (shopify_graphql.available(1), {"ids": [ITEM, gid("InventoryItem", 1)], "l0": PLACE}),
    ]:
        fits(query, data(url, query, **variables))


def test_what_it_says_of_bulk_operations_fits_the_schema(url: str) -> None:
    started = data(url, bulk_query.RUN, query=bulk_query.export("orders", QUERY))
    refused = data(url, bulk_query.RUN, query="{ shop { name } }")
    fits(bulk_query.RUN, started)
    fits(bulk_query.RUN, refused)
    assert refused["bulkOperationRunQuery"]["userErrors"][0]["code"] == "INVALID"
    ident = started["bulkOperationRunQuery"]["bulkOperation"]["id"]
    looks = [data(url, bulk_query.OPERATION, id=ident) for _ in range(3)]
    for look in looks:
        fits(bulk_query.OPERATION, look)
    assert [look["bulkOperation"]["status"] for look in looks] == ["RUNNING", "COMPLETED", "COMPLETED"]
    assert data(url, bulk_query.OPERATION, id=gid("BulkOperation", 99)) == {"bulkOperation": None}
    fits(bulk_query.UNDER_WAY, data(url, bulk_query.UNDER_WAY))
    for stream in ("orders", "customers", "products"):
        answer = data(url, bulk_query.count(stream), query=QUERY, limit=3)
        fits(bulk_query.count(stream), answer)
        assert answer["found"]["count"] == 3
    orders = data(url, shopify_graphql.page("orders"), first=250, query=QUERY)["orders"]["nodes"]
    members = [one["id"] for order in orders for one in order["refunds"] + order["fulfillments"]]
    answer = data(url, bulk_query.inside("orders"), ids=members[:50])
    assert [node["id"] for node in answer["nodes"]] == members[:50]
    fits(bulk_query.inside("orders"), answer)


def test_a_foreign_client_may_ask_for_other_things(url: str) -> None:
    query = """
    query Foreign($n: Int = 2) {
      shop { name currencyCode }
      ordersCount(query: "created_at:<'2026-01-01T00:00:00Z'") { count precision }
      newest: orders(first: $n, sortKey: CREATED_AT) {
        edges { cursor node { ...Head lineItems(first: 1) { edges { node { sku } } pageInfo { hasNextPage } } } }
      }
    }
    fragment Head on Order { name totalPriceSet { presentmentMoney { amount currencyCode } } }
    """
    answer = data(url, query)
    fits(query, answer)
    assert len(answer["newest"]["edges"]) == 2
    follow = "query ($after: String) { orders(first: 1, sortKey: CREATED_AT, after: $after) { nodes { name } } }"
    first, second = answer["newest"]["edges"]
    assert data(url, follow, after=first["cursor"])["orders"]["nodes"] == [{"name": second["node"]["name"]}]


def test_pages_do_not_shift_under_changes(url: str, state: SandboxState) -> None:
    inner = "nodes { id } pageInfo { endCursor }"
    query = f"query ($after: String) {{ orders(first: 40, sortKey: UPDATED_AT, after: $after) {{ {inner} }} }}"
    first = data(url, query)["orders"]
    before = data(url, query, after=first["pageInfo"]["endCursor"])["orders"]["nodes"]
    state.advance(days=0.01)
    assert data(url, query, after=first["pageInfo"]["endCursor"])["orders"]["nodes"] == before


def test_the_door_is_guarded(url: str, state: SandboxState) -> None:
    query = "{ shop { name } }"
    assert post(url, query, token="").status_code == 401
    assert post(url, query, version="2020-01").status_code == 404
    assert requests.get(f"{url}/admin/api/2026-07/graphql.json", timeout=30).status_code == 405
    broken = requests.post(
        f"{url}/admin/api/2026-07/graphql.json", data=b"{", headers={"X-Shopify-Access-Token": SECRETS["token"]}, timeout=30
    )
    assert broken.status_code == 400


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ shop { nothing } }", "nothing"),
        ("{ unknown { id } }", "QueryRoot"),
        ("{ orders { nodes { id } } }", "first or last"),
        ("{ orders(first: 251) { nodes { id } } }", "250"),
        ("{ orders(first: 1, reverse: true) { nodes { id } } }", "forward only"),
        ('{ orders(first: 1, after: "nonsense") { nodes { id } } }', "Invalid cursor"),
        ('{ orders(first: 1, query: "email:x") { nodes { id } } }', "can't search by email"),
    ],
)
def test_what_it_can_not_answer_is_an_error(url: str, query: str, words: str) -> None:
    body = post(url, query).json()
    assert words in body["errors"][0]["message"]
    assert "data" not in body


def test_the_bucket_empties_and_refills(state: SandboxState) -> None:
    now = [0.0]
    bucket = Bucket(maximum=30, rate=10, clock=lambda: now[0])
    query = "{ orders(first: 40) { nodes { id } } }"
    with served(app(state, bucket)) as url:
        cost = post(url, query).json()["extensions"]["cost"]
        assert cost["requestedQueryCost"] == 10
        assert cost["throttleStatus"] == {"maximumAvailable": 30, "currentlyAvailable": 20, "restoreRate": 10}
        assert [post(url, query).json().get("data") is None for _ in range(3)] == [False, False, True]
        throttled = post(url, query).json()
        assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert throttled["extensions"]["cost"]["actualQueryCost"] is None
        now[0] = 1.0
        assert "data" in post(url, query).json()


def change(**fields: Any) -> dict[str, Any]:
    row = {"inventoryItemId": ITEM, "locationId": PLACE, "quantity": 5, "changeFromQuantity": None}
    return {"name": "available", "reason": "correction", "quantities": [row | fields]}


def written(url: str, key: str, given: dict[str, Any]) -> Any:
    query = shopify_graphql.SET_QUANTITIES
    answer = data(url, query, input=given, key=key)
    fits(query, answer)
    return answer["inventorySetQuantities"]


def test_a_key_does_once_what_it_was_first_given(url: str, state: SandboxState) -> None:
    first = written(url, "one", change())
    state.published[*HERE, LISTING["listing_id"], "WH-SH"] = 2
    assert written(url, "one", change()) == first
    assert state.published[*HERE, LISTING["listing_id"], "WH-SH"] == 2
    assert written(url, "one", change(quantity=6))["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"changeFromQuantity": 987}, "CHANGE_FROM_QUANTITY_STALE"),
        ({"inventoryItemId": gid("InventoryItem", 1)}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": gid("Location", 1)}, "INVALID_LOCATION"),
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
    ],
)
def test_a_faulty_change_changes_nothing(url: str, state: SandboxState, fields: dict[str, Any], code: str) -> None:
    good = change(inventoryItemId=gid("InventoryItem", WORLD.listings.filter(channel="shopify")["stock_ref"][1]))
    both = {**good, "quantities": [*good["quantities"], *change(**fields)["quantities"]]}
    payload = written(url, "x", both)
    assert [(error["code"], error["field"][2]) for error in payload["userErrors"]] == [(code, "1")]
    assert state.published == {}


@pytest.mark.parametrize(
    ("query", "given", "words"),
    [
        (shopify_graphql.SET_QUANTITIES.replace("@idempotent(key: $key)", ""), change(), "@idempotent"),
        (shopify_graphql.SET_QUANTITIES, {**change(), "quantities": change()["quantities"] * 251}, "250"),
        (shopify_graphql.SET_QUANTITIES, {**change(), "quantities": [{"inventoryItemId": ITEM}]}, "changeFromQuantity"),
    ],
)
def test_rules_of_the_version_hold(url: str, query: str, given: dict[str, Any], words: str) -> None:
    assert words in post(url, query, input=given, key="k").json()["errors"][0]["message"]


def test_what_was_published_stays_when_time_goes_on(url: str, state: SandboxState) -> None:
    written(url, "k", change(quantity=77))
    state.advance(days=3)
    [item] = data(url, shopify_graphql.available(1), ids=[ITEM], l0=PLACE)["nodes"]
    assert item["l0"]["quantities"] == [{"name": "available", "quantity": 77}]


def test_nothing_is_shown_before_it_happens(url: str, state: SandboxState) -> None:
    query = "{ orders(first: 250, query: \"updated_at:>='2026-09-01T00:00:00Z'\") { nodes { createdAt updatedAt cancelledAt } } }"
    now = f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}"
    nodes = data(url, query)["orders"]["nodes"]
    assert nodes
    assert all(value <= now for node in nodes for value in node.values() if value)
    state.advance(days=5)
    later = data(url, query)["orders"]["nodes"]
    assert max(node["updatedAt"] for node in later) > now
    assert AS_OF + timedelta(days=5) == state.now


def test_money_is_written_as_shopify_writes_it() -> None:
    shown = {0: "0.0", 5: "0.05", 1200: "12.0", 1250: "12.5", 1234: "12.34", -150: "-1.5"}
    assert {minor: amount(minor) for minor in shown} == shown
