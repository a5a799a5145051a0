"""The list of orders: every filter narrows it to what it says, and paging gives each order once, whatever else happens."""

import itertools
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice import warehouse
from tests.service.conftest import add_orders

Key = tuple[str, str, str]
_numbers = itertools.count(1000)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["shopify", "taobao", "file", "nowhere"]),
        "shop": st.sampled_from(["main", "flagship"]),
        "order_status": st.sampled_from(["open", "completed", "cancelled", "unknown"]),
        "payment_status": st.sampled_from(["paid", "voided"]),
        "fulfilment_status": st.sampled_from(["unfulfilled", "delivered", "unknown"]),
        "customer_id": st.sampled_from(["buyer 1", "buyer 2"]),
        "ordered_from": st.sampled_from(["2026-03-01T08:00:30Z", "2026-03-01T16:01:00+08:00"]),
        "ordered_to": st.sampled_from(["2026-03-01T08:02:00Z"]),
        "updated_since": st.sampled_from(["2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"]),
    },
)
CONDITIONS = {
    "ordered_from": "ordered_at >= %s::timestamptz",
    "ordered_to": "ordered_at < %s::timestamptz",
    "updated_since": "updated_at >= %s::timestamptz",
}


def matching(db: psycopg.Connection, filters: dict[str, str]) -> set[Key]:
    """What the database says, asked plainly."""
    conditions = " and ".join(["true", *(CONDITIONS.get(name, f"{name} = %s") for name in filters)])
    query = f"select channel, shop, order_id from marts.fct_orders where {conditions}"
    return {(row[0], row[1], row[2]) for row in db.execute(query, list(filters.values()))}


def keys_of(page: dict[str, Any]) -> list[Key]:
    return [(order["channel"], order["shop"], order["order_id"]) for order in page["orders"]]


@given(filters=FILTERS, limit=st.integers(1, 60), inserts=st.lists(st.integers(0, 6), max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paging_gives_each_order_once(
    client: httpx.Client, warehouse_url: str, filters: dict[str, str], limit: int, inserts: list[int]
) -> None:
    with warehouse.connect(warehouse_url) as db:
        before = matching(db, filters)
        seen: list[Key] = []
        cursor: dict[str, str] = {}
        for turn in itertools.count():
            page = client.get("/orders", params=filters | {"limit": str(limit)} | cursor).raise_for_status().json()
            assert len(page["orders"]) <= limit
            seen += keys_of(page)
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
            for _ in range(inserts[turn] if turn < len(inserts) else 0):
                add_orders(db, next(_numbers), 1)
        after = matching(db, filters)
    assert len(seen) == len(set(seen))
    assert before <= set(seen) <= after


def test_newest_comes_first(client: httpx.Client) -> None:
    orders = client.get("/orders", params={"limit": 200}).json()["orders"]
    times = [order["ordered_at"] for order in orders]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) < len(times)


def test_last_page_has_no_cursor_when_it_is_full(client: httpx.Client, warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url) as db:
        count = len(matching(db, {"customer_id": "buyer 1"}))
    page = client.get("/orders", params={"customer_id": "buyer 1", "limit": count}).json()
    assert len(page["orders"]) == count
    assert page["next_cursor"] is None


def test_money_is_exact_text_and_times_are_utc(client: httpx.Client) -> None:
    order = client.get("/orders", params={"limit": 1}).json()["orders"][0]
    assert (order["total_amount"], order["discount_amount"], order["tax_amount"]) == ("10.10", "0.00", "0.00000000")
    assert order["currency"] in ("USD", "CNY")
    assert order["ordered_at"].endswith("Z")


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"chanel": "taobao"}, "chanel"),
        ({"limit": "501"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"ordered_from": "2026-03-01T08:00:00"}, "ordered_from"),
        ({"ordered_from": "yesterday"}, "ordered_from"),
        ({"payment_status": "payed"}, "payment_status"),
        ({"channel": "a\0b"}, "channel"),
    ],
)
def test_wrong_parameter_is_named(client: httpx.Client, params: dict[str, str], says: str) -> None:
    answer = client.get("/orders", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == says


@pytest.mark.parametrize("cursor", ["x", "nonsense!", "e30", "WyIyMDI2Il0", "WyIyMDI2LTAzLTAxVDA4OjAwOjAwIiwiYSIsImIiLCJjIl0"])
def test_foreign_cursor_is_refused(client: httpx.Client, cursor: str) -> None:
    answer = client.get("/orders", params={"cursor": cursor})
    assert answer.status_code == 400
    assert "begin again" in answer.json()["detail"]


@given(
    path=st.sampled_from(["/orders", "/orders/{0}/{1}/{2}", "/stock/{0}"]),
    parts=st.lists(st.text(min_size=1, max_size=30), min_size=3, max_size=3),
    params=st.dictionaries(
        st.sampled_from(["channel", "shop", "customer_id", "ordered_from", "updated_since", "limit", "cursor", "order_kind"]),
        st.one_of(st.text(max_size=30), st.datetimes().map(str), st.datetimes().map(lambda at: f"{at.isoformat()}+23:59")),
    ),
)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_input_breaks_the_service(client: httpx.Client, path: str, parts: list[str], params: dict[str, str]) -> None:
    quoted = [quote(part, safe="", errors="ignore") for part in parts]
    query = urlencode(params, errors="ignore")
    answer = client.get(f"{path.format(*quoted)}?{query}")
    assert answer.status_code in (200, 307, 400, 404, 422)
    if answer.status_code >= 400:
        assert answer.json()["status"] == answer.status_code
