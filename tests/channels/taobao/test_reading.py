"""Reading the sandbox over HTTP: everything comes, whatever happens meanwhile, and the cursor stands where that is so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice

import msgspec
import polars as pl
import pytest

from sluice.channels.protocol import ChannelError, Forgetful, Page, Quota, Refused
from sluice.channels.taobao import windows as taobao_windows
from sluice.channels.taobao.connector import CONNECTOR, connect
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF, START
from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.index import earliest
from sluice.sandbox.taobao.server import SECRETS
from tests.channels.taobao.shop import ITEMS, REFUNDS, TRADES, connection, newest, records, shop
from tests.sandbox.worlds import world

TOLD = AS_OF - taobao_windows.HISTORY


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(world(11, 20_000))


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/taobao"


def told(state: SandboxState) -> pl.DataFrame:
    """The trades that a first reading must find: changed within the time we ask for, created within the time that is told."""
    orders = state.view("taobao", "flagship").orders
    return orders.filter(pl.col("created_at") >= earliest(state.now), pl.col("updated_at") >= TOLD)


def ids(orders: pl.DataFrame) -> set[int]:
    return set(orders["order_id"].cast(pl.Int64))


def plan(state: SandboxState, **faults: float) -> None:
    state.faults.plan("taobao", **faults)


def test_a_first_reading_brings_what_the_platform_tells_and_the_second_only_the_overlap(state: SandboxState, url: str) -> None:
    taobao = shop(url)
    first = list(taobao.pages(TRADES, None))
    found = newest(first)
    assert found.keys() == ids(told(state))
    assert first[-1].cursor == {"until": "2026-11-01 00:00:00"}
    again = list(taobao.pages(TRADES, first[-1].cursor))
    recent = told(state).filter(pl.col("updated_at") >= AS_OF - taobao_windows.OVERLAP)
    assert newest(again).keys() == ids(recent)
    assert again[-1].cursor == first[-1].cursor


def test_amounts_and_pieces_are_the_world_s(state: SandboxState, url: str) -> None:
    orders = told(state)
    lines = state.world.lines.filter(channel="taobao").join(orders, on="order_id", how="semi")
    found = newest(list(shop(url).pages(TRADES, None))).values()
    assert sum(Decimal(trade["total_fee"]) for trade in found) * 100 == orders["items_minor"].sum()
    assert sum(Decimal(trade["post_fee"]) for trade in found) * 100 == orders["shipping_minor"].sum()
    assert sum(order["num"] for trade in found for order in trade["orders"]["order"]) == lines["quantity"].sum()


def test_small_pages_and_crowded_windows_bring_the_same(url: str) -> None:
    whole = newest(list(shop(url).pages(TRADES, None)))
    pages = list(shop(url, page_size=3, most_per_window=10).pages(TRADES, None))
    assert newest(pages) == whole
    assert max(len(records([page])) for page in pages) <= 3


def test_nothing_is_lost_when_trades_change_while_a_window_is_read(state: SandboxState, url: str) -> None:
    """The clock moves on between pages: trades of the window being read are shipped, completed, refunded, and leave it."""
    taobao = shop(url, page_size=4)
    before = ids(told(state).filter(pl.col("updated_at") >= AS_OF - timedelta(days=1)))
    pages: list[Page] = []
    for page in taobao.pages(TRADES, {"until": "2026-10-31 00:00:00"}):
        pages.append(page)
        state.advance(days=3 / 24)
    moved = state.view("taobao", "flagship").orders.filter(pl.col("updated_at") > AS_OF)
    stayed = before - ids(moved)
    assert len(pages) > 5
    assert min(len(stayed), len(before - stayed)) > 10
    assert stayed <= newest(pages).keys()
    pages += list(taobao.pages(TRADES, pages[-1].cursor))
    local = moved["updated_at"].dt.convert_time_zone("Asia/Shanghai").dt.to_string("%Y-%m-%d %H:%M:%S")
    modified = {one["tid"]: one["modified"] for one in newest(pages).values()}
    assert dict(zip(moved["order_id"].cast(pl.Int64), local, strict=True)).items() <= modified.items()


def test_the_cursor_moves_only_where_a_window_ends(url: str) -> None:
    """Whoever stops in the middle of a window reads all of it again."""
    taobao = shop(url, page_size=8)
    pages = list(taobao.pages(TRADES, None))
    sizes = [len(records([page])) for page in pages]
    assert any(page.cursor is None for page in pages)
    cut = next(number for number in range(len(pages) // 2, len(pages)) if pages[number].cursor is None) + 1
    landed = pages[:cut]
    cursor = next(page.cursor for page in reversed(landed) if page.cursor)
    resumed = list(taobao.pages(TRADES, cursor))
    assert newest(landed + resumed) == newest(pages)
    assert sum(len(records([page])) for page in resumed) < sum(sizes)


def test_refunds_of_presales_come_too(state: SandboxState, url: str) -> None:
    given = state.world.refunds.filter(pl.col("channel") == "taobao", pl.col("requested_at") <= AS_OF)
    orders = state.view("taobao", "flagship").orders.filter(pl.col("created_at") >= TOLD)
    expected = given.join(orders.select("order_id", "is_presale"), on="order_id")
    assert expected["is_presale"].any()
    recent = ids(orders)
    found = [one for one in records(list(shop(url).pages(REFUNDS, None)), REFUNDS) if one["tid"] in recent]
    assert {one["refund_id"] for one in found} == set(expected["refund_id"])
    assert sum(Decimal(one["refund_fee"]) for one in found) * 100 == expected["amount_minor"].sum()


def test_items_come_whole_with_their_skus(state: SandboxState, url: str) -> None:
    pages = list(shop(url).pages(ITEMS, None))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    listed = state.world.listings.filter(pl.col("channel") == "taobao", pl.col("listed_at") <= AS_OF)
    found = {
        (str(item["num_iid"]), str(sku.get("sku_id", "")), sku["outer_id"])
        for item in records(pages, ITEMS)
        for sku in item.get("skus", {"sku": [item]})["sku"]
    }
    many = pl.len().over("product_id") > 1
    expected = listed.select("product_id", pl.when(many).then("listing_id").otherwise(pl.lit("")).alias("sku_id"), "sku")
    assert found == set(expected.rows())


def test_every_record_fits_the_contract(url: str) -> None:
    taobao = shop(url)
    for stream in CONNECTOR.streams:
        for page in taobao.pages(stream, None):
            for one in CONNECTOR.records(stream, page.body, page.context):
                msgspec.json.decode(one, type=stream.record)


def test_a_ban_is_waited_out_to_the_second_that_the_platform_says(state: SandboxState, url: str) -> None:
    slept: list[float] = []
    plan(state, throttle=2)
    pages = list(shop(url, sleep=slept.append).pages(TRADES, None))
    assert slept == [2, 2]
    assert newest(pages).keys() == ids(told(state))


@pytest.mark.parametrize("fault", ["server_error", "truncate"])
def test_faults_of_the_platform_and_cut_answers_are_tried_again(state: SandboxState, url: str, fault: str) -> None:
    slept: list[float] = []
    plan(state, **{fault: 3})
    pages = list(shop(url, sleep=slept.append).pages(TRADES, None))
    assert len(slept) == 3
    assert newest(pages).keys() == ids(told(state))


def test_a_platform_that_stays_down_is_given_up(state: SandboxState, url: str) -> None:
    plan(state, server_error=100)
    with pytest.raises(ChannelError, match="6 tries"):
        list(shop(url).pages(TRADES, None))


def test_a_malformed_record_comes_as_it_is_beside_the_good_ones(state: SandboxState, url: str) -> None:
    plan(state, malformed=1)
    found = records(list(shop(url).pages(TRADES, None)))
    assert [one["tid"] for one in found if one["payment"] == "面议"] == [found[0]["tid"]]
    assert {one["tid"] for one in found} == ids(told(state))


@pytest.mark.parametrize(
    ("secrets", "says"),
    [
        (SECRETS | {"session": "expired"}, "authorise the app again"),
        (SECRETS | {"app_secret": "wrong"}, "check app_key, app_secret"),
        (SECRETS | {"app_key": "0"}, "check app_key"),
    ],
)
def test_refused_credentials_end_the_reading_at_once(url: str, secrets: dict[str, str], says: str) -> None:
    slept: list[float] = []
    with pytest.raises(Refused, match=says):
        list(shop(url, sleep=slept.append, secrets=secrets).pages(TRADES, None))
    assert slept == []


def test_a_shop_without_trades_moves_its_cursor(url: str) -> None:
    """With one page, so that there is something to carry the cursor."""
    taobao = shop(url)
    quiet = replace(taobao, connection=replace(taobao.connection, since=AS_OF - timedelta(seconds=1)))
    for stream in (TRADES, REFUNDS):
        pages = list(quiet.pages(stream, None))
        assert [(page.cursor, records([page], stream)) for page in pages] == [({"until": "2026-11-01 00:00:00"}, [])]


def test_the_platform_s_clock_ends_the_reading(state: SandboxState, url: str) -> None:
    """This machine's own clock is weeks ahead of the sandbox's."""
    state.set_clock(AS_OF + timedelta(days=2))
    assert list(shop(url).pages(TRADES, None))[-1].cursor == {"until": "2026-11-03 00:00:00"}


def test_claims_are_the_world_s_orders_to_the_cent(state: SandboxState, url: str) -> None:
    taobao = shop(url, page_size=7)
    orders = state.view("taobao", "flagship").orders
    assert orders.filter(pl.col("created_at") < TOLD).height
    told_orders = orders.filter(pl.col("created_at") >= TOLD)
    claims = {claim.order_id: claim.total * 100 for claim in taobao.claims(START, AS_OF + timedelta(days=9))}
    assert claims == dict(zip(told_orders["order_id"], told_orders["total_minor"], strict=True))
    assert isinstance(taobao, Forgetful)
    assert taobao.told_since() == TOLD + timedelta(days=1)


def test_claims_keep_to_their_window(state: SandboxState, url: str) -> None:
    orders = state.view("taobao", "flagship").orders
    first, last = orders.sort("created_at")["created_at"].item(-40), orders.sort("created_at")["created_at"].item(-10)
    inside = orders.filter(pl.col("created_at") >= first, pl.col("created_at") < last)
    assert {claim.order_id for claim in shop(url).claims(first, last)} == set(inside["order_id"])
    assert {claim.currency for claim in shop(url).claims(first, last)} == {"CNY"}


def test_quantities_are_set_and_read_back(state: SandboxState, url: str) -> None:
    """Of items with skus and without; of one that does not exist, the platform's words come back."""
    taobao = shop(url)
    wanted: dict[tuple[str, str], int] = {}
    for item in records(list(taobao.pages(ITEMS, None)), ITEMS):
        for sku in item.get("skus", {"sku": [{"sku_id": item["num_iid"]}]})["sku"]:
            wanted[str(item["num_iid"]), str(sku["sku_id"])] = len(wanted) * 3
    quotas = [Quota(f"{one[1]}", "", *one, None, None, quantity) for one, quantity in wanted.items()]
    quotas.append(Quota("none", "", "1", "2", None, None, 5))
    answers = {answer.decision_id: answer for answer in taobao.publish(quotas)}
    assert {one[1]: quantity for one, quantity in wanted.items()} == {
        decision: answer.read_back for decision, answer in answers.items() if answer.accepted
    }
    assert (answers["none"].accepted, answers["none"].read_back) == (False, None)
    assert "no such item" in answers["none"].message
    assert sorted(state.published.values()) == sorted(wanted.values())


def test_publishing_without_rights_is_refused_at_once(state: SandboxState, url: str) -> None:
    plan(state, refuse=True)
    with pytest.raises(Refused):
        list(shop(url).publish([Quota("d", "", "1", "2", None, None, 5)]))


def test_the_connector_opens_from_configuration(url: str) -> None:
    taobao = connect(connection(url, sign_method="hmac-sha256", page_size=50))
    assert next(iter(taobao.pages(ITEMS, None))).body
    assert len(list(islice(taobao.pages(TRADES, None), 3))) == 3
