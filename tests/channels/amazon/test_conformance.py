"""What we send and what our sandbox answers, against Amazon's published models; Amazon's own answers, against our contract."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import polars as pl
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sluice.channels.amazon.connector import Amazon
from sluice.channels.amazon.contract import Found, Order
from sluice.channels.amazon.gateway import iso
from sluice.channels.amazon.refunds import Refund, refunds
from sluice.channels.amazon.shipping import _Whole
from sluice.channels.protocol import ChannelError, Dispatch, Quota
from sluice.sandbox.amazon import SHOP, app
from sluice.sandbox.host import on_loopback
from sluice.sandbox.state import SandboxState
from tests.channels.amazon.model import FIXTURES, MODELS, faults
from tests.channels.amazon.shop import LISTINGS, ORDERS, REFUNDS, STOCK, Exchange, Recorder, records, shop
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def traffic() -> list[Exchange]:
    """All that the connector does, once well and once refused."""
    state = SandboxState(world())
    state.join(SHOP)
    # A moment at which an order is paid and has not left yet.
    orders = state.world.shops[SHOP.channel, SHOP.shop].orders.filter(
        pl.col("paid_at") > state.now, pl.col("shipped_at").is_not_null()
    )
    state.set_clock(orders["paid_at"].min() + timedelta(minutes=10))
    recorder = Recorder(app(state))
    with on_loopback(Starlette(routes=[Mount("/", recorder)])) as url:
        here = shop(url, now=lambda: state.now, page_size=50)
        read = records(list(here.pages(ORDERS, None)))
        listings = records(list(here.pages(LISTINGS, None)), LISTINGS)
        assert records(list(here.pages(REFUNDS, None)), REFUNDS)
        assert records(list(here.pages(STOCK, None)), STOCK)
        list(here.claims(state.now - timedelta(days=90), state.now))
        list(here.check())
        quota = Quota("d", listings[0].sku, "p", listings[0].sku, "HOME", None, 7)
        list(here.publish([quota, replace(quota, stock_ref="WRONG", quantity=8), replace(quota, listing_id="no such/SKU")]))
        ship(here, read)
        with pytest.raises(ChannelError):
            list(shop(url, now=lambda: state.now, marketplace="A1PA6795UKMFR9").pages(ORDERS, None))
        with pytest.raises(ChannelError):
            list(shop(url, now=lambda: state.now, marketplace="A1PA6795UKMFR9").pages(STOCK, None))
        ahead = {"after": iso(state.now + timedelta(days=5))}
        with pytest.raises(ChannelError):
            list(shop(url, now=lambda: state.now + timedelta(days=9)).pages(REFUNDS, ahead))
    return [one for one in recorder.exchanges if one.path != "/auth/o2/token"]


def ship(here: Amazon, orders: list[Order]) -> None:
    unsent = next(one for one in orders if one.fulfillment.fulfillmentStatus == "UNSHIPPED")
    parcel = Dispatch("parcel-1", unsent.orderId, "FedEx", "FX1", datetime(2026, 10, 31, tzinfo=UTC))
    told = [answer.accepted for answer in here.ship([parcel, parcel, replace(parcel, tracking_number="FX2")])]
    assert told == [True, True, False]


def test_every_request_and_answer_fits_amazon_s_models(traffic: list[Exchange]) -> None:
    assert {found for one in traffic if (found := [*faults(one)][:1] and f"{one.method} {one.path}: {faults(one)}")} == set()
    seen = {(one.method, one.path.split("/")[1], one.status) for one in traffic}
    assert seen >= {
        ("GET", "orders", 200),
        ("GET", "orders", 400),
        ("POST", "orders", 204),
        ("GET", "listings", 200),
        ("GET", "listings", 404),
        ("PATCH", "listings", 200),
        ("GET", "finances", 200),
        ("GET", "finances", 400),
        ("GET", "fba", 200),
        ("GET", "fba", 400),
    }


def test_exactly_one_kind_of_bound_is_sent(traffic: list[Exchange]) -> None:
    """The models say so in prose only."""
    searches = [one for one in traffic if one.path == "/orders/2026-01-01/orders"]
    assert searches
    assert all(("createdAfter" in one.query) != ("lastUpdatedAfter" in one.query) for one in searches)


def test_no_span_of_transactions_is_one_that_amazon_answers_with_nothing(traffic: list[Exchange]) -> None:
    """The models say so in prose only: over 180 days, or up to less than two minutes ago."""
    asked = [dict(parse_qsl(one.query)) for one in traffic if one.path.startswith("/finances") and one.status == 200]
    spans = [
        datetime.fromisoformat(one["postedBefore"]) - datetime.fromisoformat(one["postedAfter"])
        for one in asked
        if "postedBefore" in one
    ]
    assert len(spans) > 3
    assert max(spans) <= timedelta(days=180)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"query": "lastUpdatedAfter=2026-01-01T00:00:00Z&includedData=BUYERS"}, "BUYERS"),
        ({"query": "lastUpdatedAfter=2026-01-01"}, "date-time"),
        ({"query": "lastUpdatedSince=2026-01-01T00:00:00Z"}, "lastUpdatedSince"),
        ({"received": b'{"orders": [{"orderId": "1"}]}'}, "createdTime"),
        ({"received": b'{"orders": [], "next": 1}'}, "next"),
        ({"status": 418}, "418"),
        ({"path": "/orders/2026-01-01/order"}, "no such operation"),
    ],
)
def test_the_judge_finds_what_does_not_fit(traffic: list[Exchange], spoiled: dict[str, Any], said: str) -> None:
    good = next(one for one in traffic if one.path == "/orders/2026-01-01/orders" and one.status == 200)
    assert faults(good) == []
    assert any(said in fault for fault in faults(replace(good, **spoiled)))


def cases(name: str) -> Iterator[Any]:
    for one in json.loads((FIXTURES / f"static_{name}.json").read_text(encoding="utf-8"))["cases"]:
        yield pytest.param(one, id=f"{name}-{one['status']}-{str(one['request'])[:60]}")


@pytest.mark.parametrize("case", list(cases("orders_2026-01-01-searchOrders")))
def test_amazon_s_own_searches_decode(case: dict[str, Any]) -> None:
    body = json.dumps(case["response"]).encode()
    if case["status"] != "200":
        assert MODELS[0].broken({"$ref": "#/definitions/ErrorList"}, case["response"]) == []
        return
    found = [msgspec.json.decode(one, type=Order) for one in msgspec.json.decode(body, type=Found).orders]
    assert [one.orderId for one in found] == [one["orderId"] for one in case["response"]["orders"]]
    totals = [one["proceeds"]["grandTotal"]["amount"] for one in case["response"]["orders"]]
    assert [str(one.proceeds.grandTotal.amount) for one in found if one.proceeds and one.proceeds.grandTotal] == totals


@pytest.mark.parametrize("case", [one for one in cases("orders_2026-01-01-getOrder") if one.values[0]["status"] == "200"])
def test_amazon_s_own_orders_decode(case: dict[str, Any]) -> None:
    found = msgspec.json.decode(json.dumps(case["response"]), type=_Whole).order
    assert found.orderId == case["request"]["parameters"]["orderId"]["value"]
    assert found.fulfillment.fulfillmentStatus == case["response"]["order"]["fulfillment"]["fulfillmentStatus"]


@pytest.mark.parametrize("case", list(cases("finances_2024-06-19-listTransactions")))
def test_amazon_s_own_transactions_are_read(case: dict[str, Any]) -> None:
    """Their one sample is an order's payment, which is no refund; called one, it would land but for its missing id."""
    schema = "ListTransactionsResponse" if case["status"] == "200" else "ErrorList"
    assert MODELS[3].broken({"$ref": f"#/definitions/{schema}"}, case["response"]) == []
    if case["status"] != "200":
        return
    body = json.dumps(case["response"])
    assert list(refunds(body.encode(), "ATVPDKIKX0DER")) == []
    (record,) = refunds(body.replace("Shipment", "Refund").encode(), "ATVPDKIKX0DER")
    with pytest.raises(msgspec.ValidationError, match="transactionId"):
        msgspec.json.decode(record, type=Refund)
    whole = msgspec.json.decode(record.replace(b'"transactionId":null', b'"transactionId":"t"'), type=Refund)
    assert (whole.orderId, str(whole.totalAmount.currencyAmount)) == ("8129762527551", "10")


def test_amazon_s_own_confirmation_has_the_shape_of_ours(traffic: list[Exchange]) -> None:
    (theirs,) = [one.values[0] for one in cases("ordersV0-confirmShipment") if one.values[0]["status"] == "204"]
    ours = json.loads(next(one for one in traffic if one.method == "POST").sent)
    sample = theirs["request"]["parameters"]["body"]["value"]
    assert ours.keys() == sample.keys()
    assert ours["packageDetail"].keys() <= sample["packageDetail"].keys()
    assert ours["packageDetail"]["orderItems"][0].keys() <= sample["packageDetail"]["orderItems"][0].keys()
