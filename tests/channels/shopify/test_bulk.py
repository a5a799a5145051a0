"""A long history read as a bulk operation: the same rows as by pages, whatever becomes of the operation."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from sluice import warehouse
from sluice.channels.protocol import Refused, Stream
from sluice.channels.shopify import bulk_query
from sluice.channels.shopify.connector import CONNECTOR
from sluice.channels.shopify.graphql import RECORDS
from sluice.channels.shopify.jsonl import Broken, joining
from sluice.landing.land import land
from sluice.landing.raw_tables import ensure
from sluice.sandbox.graphql import GraphQLError as SandboxError
from sluice.sandbox.graphql import parse
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.shopify import bulk as operations
from sluice.sandbox.shopify.bucket import Bucket
from sluice.sandbox.shopify.server import Shopify, app
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.shopify.shop import CUSTOMERS, ORDERS, PRODUCTS, connection, decoded, nodes, scripted, served, shop
from tests.channels.shopify.worlds import HERE, lengthened, pick
from tests.conftest import copy_of

WORLD = World.generate(23, 1200)


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(WORLD)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def playing(state: SandboxState, bucket: Bucket) -> Shopify:
    return Shopify(state, bucket)


@pytest.fixture
def url(state: SandboxState, playing: Shopify) -> Iterator[str]:
    # under a path, as the sandbox's host has it
    with served(Starlette(routes=[Mount("/shopify", app(state, shop=playing))])) as address:
        yield f"{address}/shopify"


def by_id(raw: list[bytes]) -> dict[str, Any]:
    return {record["id"]: _without_cursors(record) for record in map(json.loads, raw)}


def _without_cursors(value: Any) -> Any:
    """A page's own marks are no part of a record."""
    if isinstance(value, dict):
        return {name: _without_cursors(one) for name, one in value.items() if name != "pageInfo"}
    return [_without_cursors(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("stream", [ORDERS, CUSTOMERS, PRODUCTS], ids=lambda stream: stream.name)
def test_the_records_are_those_of_pages(url: str, stream: Stream, caplog: pytest.LogCaptureFixture) -> None:
    walked = list(shop(url).pages(stream, None))
    exported = list(shop(url, bulk_from=0).pages(stream, None))
    assert "by pages" not in caplog.text
    assert by_id(nodes(exported, stream)) == by_id(nodes(walked, stream))
    assert decoded(exported, stream)[0].updatedAt <= decoded(exported, stream)[-1].updatedAt
    assert exported[-1].cursor == walked[-1].cursor


def test_the_same_rows_land(
    url: str,
    playing: Shopify,
    postgres: warehouse.Embedded,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    landed = []
    for bulk_from in (None, 0):
        with copy_of(postgres, template) as address, warehouse.connect(address) as db:
            ensure(db, [CONNECTOR])
            db.commit()
            for stream in CONNECTOR.streams:
                report = land(db, CONNECTOR, connection(url, bulk_from=bulk_from), stream)
                assert report.quarantined == 0
            landed.append(_raw(db))
    assert landed[0] == landed[1]
    assert [one["status"] for one in playing.bulk.listed()] == ["COMPLETED"] * 3
    assert len(landed[0]["shopify_orders"]) == len(WORLD.orders_at(*HERE, AS_OF))


def _raw(db: psycopg.Connection) -> dict[str, list[dict[str, Any]]]:
    """Every raw table of the channel, without what says when and in which file a row came."""
    tables = db.execute(
        "select table_name from information_schema.tables where table_schema = 'raw' and table_name like 'shopify%'"
    )
    found = {}
    for (table,) in tables.fetchall():
        rows = [row for (row,) in db.execute(f'select to_jsonb(t) from raw."{table}" t')]
        kept = [{name: value for name, value in row.items() if not name.startswith("_")} for row in rows]
        found[table] = sorted(kept, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def test_long_orders_and_many_refunds_come_whole() -> None:
    order = pick(WORLD, pl.col("delivered_at") < AS_OF - timedelta(days=60))
    cancelled = pick(WORLD, pl.col("cancelled_at").is_not_null() & pl.col("paid_at").is_not_null())
    world = lengthened(lengthened(WORLD, order, 1000), cancelled, 70, 70)
    with served(app(SandboxState(world))) as url:
        orders = {one.legacyResourceId: one for one in decoded(list(shop(url, bulk_from=0).pages(ORDERS, None)))}
    long, [refund] = orders[order["order_id"]], orders[cancelled["order_id"]].refunds
    assert len({line.id for line in long.lineItems.nodes}) == 1000
    assert len({item.lineItem.id for item in long.fulfillments[0].fulfillmentLineItems.nodes}) == 1000
    assert len({item.lineItem.id for item in refund.refundLineItems.nodes}) == 70


def test_only_a_long_history_is_exported(url: str, playing: Shopify) -> None:
    count = len(WORLD.orders_at(*HERE, AS_OF))
    list(shop(url, bulk_from=count + 1).pages(ORDERS, None))
    assert playing.bulk.listed() == []
    pages = list(shop(url, bulk_from=count).pages(ORDERS, None))
    assert len(playing.bulk.listed()) == 1
    list(shop(url, bulk_from=0).pages(ORDERS, pages[-1].cursor))
    assert len(playing.bulk.listed()) == 1, "what changed since is read by pages"


def test_what_changes_while_it_is_exported_is_read_after_it(url: str, state: SandboxState, playing: Shopify) -> None:
    walk = shop(url, bulk_from=0).pages(ORDERS, None)
    first = next(walk)
    state.advance(days=3)
    orders = {one.legacyResourceId: one.updatedAt for one in decoded([first, *walk])}
    truth = WORLD.orders_at(*HERE, state.now)
    assert orders == dict(truth.select("order_id", "updated_at").iter_rows())


def test_a_reading_that_was_cut_short_goes_on_with_the_same_file(url: str, playing: Shopify) -> None:
    whole = by_id(nodes(list(shop(url).pages(ORDERS, None))))
    first = list(islice(shop(url, bulk_from=0).pages(ORDERS, None), 1))
    rest = list(shop(url, bulk_from=0).pages(ORDERS, first[-1].cursor))
    assert by_id(nodes(first)) | by_id(nodes(rest)) == whole
    assert len(nodes(rest)) < len(whole), "what was landed is not read again"
    assert len(playing.bulk.listed()) == 1


def test_an_operation_under_way_is_taken_up(url: str, playing: Shopify) -> None:
    playing.bulk.run(bulk_query.export("orders", "updated_at:>='2000-01-01T00:00:00Z'"))
    list(shop(url, bulk_from=0).pages(ORDERS, None))
    assert len(playing.bulk.listed()) == 1


@pytest.mark.parametrize(
    "ending", [("FAILED", "INTERNAL_SERVER_ERROR"), ("FAILED", "TIMEOUT"), ("CANCELED", None), ("EXPIRED", None)], ids=str
)
def test_an_operation_that_ends_badly_is_replaced_by_pages(
    url: str, playing: Shopify, ending: tuple[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    playing.bulk.ending = ending
    orders = nodes(list(shop(url, bulk_from=0).pages(ORDERS, None)))
    assert len(orders) == len(WORLD.orders_at(*HERE, AS_OF))
    assert f"read by pages: Shopify's bulk operation ended as {ending[0]}" in caplog.text


def test_a_file_that_is_gone_when_a_reading_goes_on_is_replaced_by_pages(url: str, playing: Shopify) -> None:
    whole = by_id(nodes(list(shop(url).pages(ORDERS, None))))
    first = list(islice(shop(url, bulk_from=0).pages(ORDERS, None), 1))
    playing.bulk.forget()
    rest = list(shop(url, bulk_from=0).pages(ORDERS, first[-1].cursor))
    assert by_id(nodes(first)) | by_id(nodes(rest)) == whole


def test_a_right_that_is_missing_is_said(url: str, playing: Shopify) -> None:
    playing.bulk.ending = ("FAILED", "ACCESS_DENIED")
    with pytest.raises(Refused, match="bulk operation of orders was denied"):
        list(shop(url, bulk_from=0).pages(ORDERS, None))


def test_a_shop_that_runs_too_many_is_read_by_pages(url: str, playing: Shopify, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(operations.AT_A_TIME):
        playing.bulk.run("{ products { edges { node { id } } } }")
    assert len(nodes(list(shop(url, bulk_from=0).pages(ORDERS, None)))) == len(WORLD.orders_at(*HERE, AS_OF))
    assert "limit reached" in caplog.text


def test_a_file_without_its_end_is_not_taken_for_the_whole(url: str, playing: Shopify, caplog: pytest.LogCaptureFixture) -> None:
    playing.bulk.lost = 3
    assert len(nodes(list(shop(url, bulk_from=0).pages(ORDERS, None)))) == len(WORLD.orders_at(*HERE, AS_OF))
    assert "objects" in caplog.text


def test_a_file_that_is_refused_is_no_refusal_of_the_shop(url: str, playing: Shopify, caplog: pytest.LogCaptureFixture) -> None:
    whole = by_id(nodes(list(shop(url).pages(ORDERS, None))))
    first = list(islice(shop(url, bulk_from=0).pages(ORDERS, None), 1))
    playing.bulk.locked = True
    rest = list(shop(url, bulk_from=0).pages(ORDERS, first[-1].cursor))
    assert by_id(nodes(first)) | by_id(nodes(rest)) == whole
    assert "can't be had: HTTP 403" in caplog.text


def test_an_answer_of_another_shape_leads_to_pages(caplog: pytest.LogCaptureFixture) -> None:
    counted = {"data": {"found": None}}
    page = {"nodes": [{"id": "gid://shopify/Order/1"}], "pageInfo": {"hasNextPage": False}}
    with scripted((200, counted), (200, {"data": {"orders": page}})) as (url, _):
        assert len(nodes(list(shop(url, bulk_from=1).pages(ORDERS, None)))) == 1
    assert "by pages" in caplog.text


def test_an_empty_shop_has_no_file(playing: Shopify, url: str) -> None:
    later = datetime(2100, 1, 1, tzinfo=UTC)
    assert list(shop(url, since=later, bulk_from=0).pages(ORDERS, None)) == []


def test_it_costs_fewer_points(url: str, bucket: Bucket) -> None:
    list(shop(url).pages(ORDERS, None))
    paged = bucket.spent
    list(shop(url, bulk_from=0, overlap_minutes=0).pages(ORDERS, None))
    assert bucket.spent - paged < paged


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ orders { edges { node { name } } } }", "have an id"),
        ("{ orders { edges { node { id refunds { refundLineItems { edges { node { id } } } } } } } }", "within a list"),
        ("{ a { edges { node { id b { edges { node { id c { edges { node { id d { nodes { id } } } } } } } } } } } }", "depth"),
        ("{ a { edges { node { id " + " ".join(f"b{n} {{ nodes {{ id }} }}" for n in range(5)) + " } } } }", "more than 5"),
    ],
)
def test_the_sandbox_runs_what_shopify_runs(query: str, words: str) -> None:
    [root] = parse(query).bound({})
    with pytest.raises(SandboxError, match=words):
        operations.check(root)


@pytest.mark.parametrize("stream", RECORDS)
def test_what_is_exported_is_what_shopify_runs(stream: str) -> None:
    [root] = parse(bulk_query.export(stream, "updated_at:>='2026-01-01'")).bound({})
    operations.check(root)


LINES = st.dictionaries(st.integers(1, 10**6), st.lists(st.integers(1, 10**6), max_size=4, unique=True), max_size=20)


# each example is a file on disk
@settings(max_examples=50)
@given(LINES, st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_lines_join_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, known: dict[int, list[int]], mixed: Any, cut: int
) -> None:
    stamps = {number: datetime.fromtimestamp(10**9 + number * 37 % 10**9, UTC) for number in known}
    lines = [{"id": f"gid://shopify/Order/{one}", "updatedAt": f"{stamps[one]:%Y-%m-%dT%H:%M:%SZ}", "x": "é"} for one in known]
    for one, members in known.items():
        lines += [{"id": f"gid://shopify/LineItem/{one}-{at}", "__parentId": f"gid://shopify/Order/{one}"} for at in members]
    mixed.shuffle(lines)
    since = datetime.fromtimestamp(10**9 + cut, UTC)
    with joining(tmp_path_factory.mktemp("lines")) as joined:
        assert joined.load(json.dumps(line).encode() + b"\n" for line in lines) == len(lines)
        found = [json.loads(bytes(record)) for record in joined.records(since, ("lineItems",))]
    wanted = sorted((one for one in known if stamps[one] >= since), key=lambda one: stamps[one])
    assert [stamps[int(one["id"].rsplit("/")[-1])] for one in found] == [stamps[one] for one in wanted]
    for record in found:
        number = int(record["id"].rsplit("/")[-1])
        members = {int(line["id"].rsplit("-")[-1]) for line in record["lineItems"]["nodes"]}
        assert members == set(known[number])
        assert record["x"] == "é"


@pytest.mark.parametrize("line", [b'{"id": "gid://shopify/Order/1", "upd', b"[]", b'{"id": 7}', b"\xff\xfe"])
def test_a_line_that_is_no_record_is_told(tmp_path: Path, line: bytes) -> None:
    with joining(tmp_path) as joined, pytest.raises(Broken):
        joined.load([line])


def test_a_record_without_a_stamp_is_left_for_landing_to_judge(tmp_path: Path) -> None:
    with joining(tmp_path) as joined:
        joined.load([b'{"id": "gid://shopify/Order/1", "updatedAt": null, "n": 9007199254740993.10}'])
        [record] = joined.records(AS_OF, ("lineItems",))
    assert b'"n":9007199254740993.10' in bytes(record)
