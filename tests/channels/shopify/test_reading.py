"""Reading a shop over HTTP: every record once, whole, resumable, at the pace that the shop sets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl
import pytest

from sluice.channels.protocol import ChannelError, Forgetful, Refused
from sluice.channels.shopify.connector import CONNECTOR
from sluice.channels.shopify.contract import Order
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.shopify.bucket import Bucket
from sluice.sandbox.shopify.server import app
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.shopify.shop import CUSTOMERS, ORDERS, PRODUCTS, connection, decoded, nodes, scripted, served, shop
from tests.channels.shopify.worlds import HERE, lengthened, pick

WORLD = World.generate(7, 1000)


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(WORLD)


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/shopify"


def test_every_record_is_read_once_oldest_change_first(url: str, state: SandboxState) -> None:
    pages = list(shop(url, page_size=37).pages(ORDERS, None))
    orders: list[Order] = decoded(pages)
    truth = WORLD.orders_at(*HERE, state.now)
    assert [order.legacyResourceId for order in orders] == truth["order_id"].to_list()
    assert [order.updatedAt for order in orders] == truth["updated_at"].to_list()
    assert sum(order.totalPriceSet.shopMoney.amount for order in orders) * 100 == truth["total_minor"].sum()
    assert max(len(nodes([page])) for page in pages) == 37


def test_customers_and_listings_are_those_of_the_world(url: str, state: SandboxState) -> None:
    customers = decoded(list(shop(url).pages(CUSTOMERS, None)), CUSTOMERS)
    known = state.view(*HERE).customers()
    columns = known.select("customer_id", "created_at", "email")
    emails = [one.defaultEmailAddress and one.defaultEmailAddress.emailAddress for one in customers]
    shown = {(one.legacyResourceId, one.createdAt, email) for one, email in zip(customers, emails, strict=True)}
    assert shown == set(columns.iter_rows())
    products = decoded(list(shop(url).pages(PRODUCTS, None)), PRODUCTS)
    listed = WORLD.listings.filter(pl.col("channel") == "shopify", pl.col("listed_at") <= state.now)
    shown = {
        (variant.legacyResourceId, variant.inventoryItem.id, variant.sku, variant.price * 100)
        for product in products
        for variant in product.variants.nodes
    }
    columns = listed.select("listing_id", pl.format("gid://shopify/InventoryItem/{}", "stock_ref"), "sku", "price_minor")
    assert shown == set(columns.iter_rows())


def test_reading_goes_on_where_it_was_cut_short(url: str) -> None:
    whole = nodes(list(shop(url, page_size=20).pages(ORDERS, None)))
    walk = shop(url, page_size=20).pages(ORDERS, None)
    first = [next(walk) for _ in range(3)]
    rest = list(shop(url, page_size=20).pages(ORDERS, first[-1].cursor))
    assert {*nodes(first), *nodes(rest)} == set(whole)
    assert len(nodes(rest)) < len(whole) - 50, "it must not start all over"


def test_a_second_reading_brings_only_the_overlap_and_what_changed(url: str, state: SandboxState) -> None:
    last = list(shop(url).pages(ORDERS, None))[-1]
    again = decoded(list(shop(url, overlap_minutes=0).pages(ORDERS, last.cursor)))
    assert {order.updatedAt for order in again} == {datetime.fromisoformat(last.cursor["updated_at"])}
    before = state.now
    state.advance(days=2)
    changed = decoded(list(shop(url).pages(ORDERS, last.cursor)))
    truth = WORLD.orders_at(*HERE, state.now).filter(pl.col("updated_at") > before)["order_id"].to_list()
    assert len(truth) > 3
    assert set(truth) <= {order.legacyResourceId for order in changed}
    assert min(order.updatedAt for order in changed) >= datetime.fromisoformat(last.cursor["updated_at"]) - timedelta(minutes=10)


def test_late_commits_are_within_the_overlap(url: str, state: SandboxState) -> None:
    moments = WORLD.orders_at(*HERE, state.now)["updated_at"].to_list()
    cursor = {"updated_at": moments[-1].isoformat()}
    reach = int((moments[-1] - moments[-3]).total_seconds() // 60) + 1
    orders = decoded(list(shop(url, overlap_minutes=min(reach, 1440)).pages(ORDERS, cursor)))
    wanted = [moment for moment in moments if moment >= moments[-1] - timedelta(minutes=min(reach, 1440))]
    assert [order.updatedAt for order in orders] == wanted


def test_a_thousand_lines_come_whole_and_once() -> None:
    order = pick(WORLD, pl.col("delivered_at") < AS_OF - timedelta(days=60))
    with hosted(SandboxState(lengthened(WORLD, order, 1000))) as address:
        orders = {one.legacyResourceId: one for one in decoded(list(shop(f"{address}/shopify").pages(ORDERS, None)))}
    long = orders.pop(order["order_id"])
    lines = [line.id for line in long.lineItems.nodes]
    assert len(lines) == len(set(lines)) == 1000
    assert [item.lineItem.id for item in long.fulfillments[0].fulfillmentLineItems.nodes] == lines
    assert len(orders) == len(WORLD.orders_at(*HERE, AS_OF)) - 1


def test_many_refunds_and_their_lines_come_whole() -> None:
    # Of a cancelled order all lines are one refund; of a delivered one every return is a refund of its own.
    refunded = set(WORLD.shops[HERE].refunds.frame.filter(pl.col("kind") == "return", pl.col("completed_at") < AS_OF)["order_id"])
    returned = pick(WORLD, pl.col("order_id").is_in(refunded))
    cancelled = pick(WORLD, pl.col("cancelled_at").is_not_null() & pl.col("paid_at").is_not_null())
    world = lengthened(lengthened(WORLD, returned, 33, 33), cancelled, 70, 70)
    with hosted(SandboxState(world)) as address:
        orders = {one.legacyResourceId: one for one in decoded(list(shop(f"{address}/shopify").pages(ORDERS, None)))}
    assert len({refund.id for refund in orders[returned["order_id"]].refunds}) == 33
    [refund] = orders[cancelled["order_id"]].refunds
    assert len({item.lineItem.id for item in refund.refundLineItems.nodes}) == 70


def test_records_are_the_bytes_that_came() -> None:
    node = b'{"id":"gid://shopify/Order/1", "n":9007199254740993.000000000000001,"big":123456789012345678901234,"e":"\\u00e9"}'
    body = b'{"data":{"orders":{"nodes":[' + node + b',{"id":null}],"pageInfo":{"hasNextPage":false}}}}'
    assert list(CONNECTOR.records(ORDERS, body, {})) == [node, b'{"id":null}']


def test_malformed_records_come_through_for_landing_to_judge(url: str, state: SandboxState) -> None:
    state.faults.plan("shopify", malformed=2)
    raw = nodes(list(shop(url).pages(ORDERS, None)))
    broken = [node for node in raw if msgspec.json.decode(node)["totalPriceSet"] is None]
    assert len(broken) == 2
    assert len(raw) == len(WORLD.orders_at(*HERE, state.now))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(broken[0], type=Order)


def test_a_record_of_another_shape_stops_nothing() -> None:
    page = {"nodes": [{"id": 7}, "text", {"id": "gid://shopify/Order/1", "lineItems": []}], "pageInfo": {"hasNextPage": False}}
    with scripted((200, {"data": {"orders": page}})) as (url, _):
        [only] = shop(url).pages(ORDERS, None)
    assert len(nodes([only])) == 3
    assert only.cursor == {"updated_at": connection(url).since.isoformat()}


@pytest.mark.parametrize("fault", ["throttle", "server_error", "truncate"])
def test_faults_that_pass_are_outlived(url: str, state: SandboxState, fault: str) -> None:
    truth = nodes(list(shop(url).pages(ORDERS, None)))
    state.faults.plan("shopify", **{fault: 2})
    waits: list[float] = []
    assert nodes(list(shop(url, waits.append).pages(ORDERS, None))) == truth
    # a drained bucket may be waited for besides
    assert len(waits) >= 2
    assert not any(state.faults.left("shopify").values())


def test_faults_that_last_are_told() -> None:
    with scripted((503, b"<html>")) as (url, got), pytest.raises(ChannelError, match="6 tries: HTTP 503"):
        next(shop(url).pages(ORDERS, None))
    assert len(got) == 6


def test_a_refused_token_is_said_at_once_in_plain_words(url: str, state: SandboxState) -> None:
    waits: list[float] = []
    with pytest.raises(Refused, match=r"access token.*Settings > Apps"):
        next(shop(url, waits.append, token="shpat_wrong").pages(ORDERS, None))
    state.faults.plan("shopify", refuse=True)
    with pytest.raises(Refused, match="access token"):
        next(shop(url, waits.append).pages(ORDERS, None))
    assert waits == []


def test_a_version_that_is_gone_is_said(url: str) -> None:
    with pytest.raises(ChannelError, match="API version"):
        next(shop(url, version="2024-01").pages(ORDERS, None))


def test_the_pace_is_what_the_bucket_allows(state: SandboxState) -> None:
    now = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    price = _price_of_a_page(state)
    bucket = Bucket(maximum=price * 2, rate=price * 10, clock=lambda: now[0])
    with served(app(state, bucket)) as url:
        pages = list(shop(url, sleep, lambda: now[0], page_size=20).pages(ORDERS, None))
    assert len(nodes(pages)) == len(WORLD.orders_at(*HERE, state.now))
    assert bucket.refused == 0, "who reads the answers is never throttled"
    # Two pages are in the full bucket, each further one takes a tenth of a second to fill; points are told in whole numbers.
    assert sum(waits) == pytest.approx((len(pages) - 2) / 10, rel=0.02)


def test_a_query_that_is_too_dear_is_asked_for_less_at_once(state: SandboxState) -> None:
    limit = _price_of_a_page(state) - 1
    with served(app(state, Bucket(limit=limit))) as url:
        pages = list(shop(url, page_size=20).pages(ORDERS, None))
    assert len(nodes(pages)) == len(WORLD.orders_at(*HERE, state.now))
    assert max(len(nodes([page])) for page in pages) < 20


def test_claims_are_the_worlds_truth(url: str, state: SandboxState) -> None:
    claims = list(shop(url).claims(datetime(2000, 1, 1, tzinfo=UTC), state.now + timedelta(days=1)))
    truth = WORLD.truth(*HERE, state.now)
    assert len(claims) == truth.orders
    assert sum(claim.total for claim in claims) == Decimal(truth.total_minor) / 100
    assert {claim.currency for claim in claims} == {"USD"}


def test_claims_keep_to_their_window(url: str, state: SandboxState) -> None:
    orders = WORLD.orders_at(*HERE, state.now).sort("created_at")
    since, until = orders["created_at"][50], orders["created_at"][90]
    wanted = orders.filter(pl.col("created_at") >= since, pl.col("created_at") < until)["order_id"].to_list()
    assert [claim.order_id for claim in shop(url).claims(since, until)] == wanted


@pytest.mark.parametrize(("scope", "told"), [("read_all_orders", None), ("read_orders", 60)])
def test_without_all_orders_shopify_tells_of_sixty_days(scope: str, told: int | None) -> None:
    answer = {"data": {"currentAppInstallation": {"accessScopes": [{"handle": scope}]}}}
    with scripted((200, answer)) as (url, _):
        opened = shop(url)
        assert isinstance(opened, Forgetful)
        since = opened.told_since()
        expected = datetime.now(UTC) - timedelta(days=told) if told else connection(url).since
        assert abs(since - expected) < timedelta(minutes=1)


def _price_of_a_page(state: SandboxState) -> float:
    """Points that the sandbox takes for twenty orders."""
    bucket = Bucket()
    with served(app(state, bucket)) as url:
        next(shop(url, page_size=20).pages(ORDERS, None))
    return bucket.spent
