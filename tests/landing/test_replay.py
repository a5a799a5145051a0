"""The lake alone rebuilds what was landed; with a mended contract, what had been in quarantine too."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from sluice.channels.protocol import Connector, Page, Stream
from sluice.landing import lake, raw_tables
from sluice.landing.land import land
from sluice.landing.replay import replay
from tests.landing.state import held, one
from tests.landing.toy import CONNECTION, LEVELS, ORDERS, START, order, page, toy


def refusing(connector: Connector) -> Connector:
    """The same connector with a channel that must not be asked."""

    def opened(connection: Any) -> Any:
        raise AssertionError("replay asked the channel")

    return replace(connector, open=opened)


def test_it_gives_the_landed_tables_again(raw: psycopg.Connection) -> None:
    landings = [
        [page([order(1), order(2, paid="perhaps")], at=1), page([order(3), {"no": "key"}], at=2, cursor=1)],
        [page([], at=3), page([order(1, 1, lineItems=None), order(3)], at=4, cursor=2)],
        [page([], at=5), page([], at=5), page([order(2, 1), order(4, 0, name="\x00")], at=6)],
    ]
    for pages in landings:
        land(raw, toy({"orders": pages}), CONNECTION, ORDERS)
    before, cursor = held(raw), one(raw, "select cursor from raw.cursors")
    raw.execute("update raw.toy_orders set name = 'tampered'")
    raw.execute("delete from raw.toy_orders__line_items")
    landed = replay(raw, refusing(toy()), "main", ORDERS)
    assert held(raw) == before
    assert one(raw, "select cursor from raw.cursors") == cursor
    assert (landed.delivered, landed.quarantined) == (8, 3)


def test_walks_are_told_apart(raw: psycopg.Connection) -> None:
    def level(sku: str) -> dict[str, Any]:
        return {"sku": sku, "facility": "A", "onHand": 1}

    walks: list[list[Page]] = [
        [page([level("a"), level("b"), level("c")], at=1, complete=True)],
        [page([level("a")], at=2)],  # breaks off: what it saw counts for no later walk
        [page([level("b")], at=3), page([], at=4, complete=True)],
        [page([level("b"), level("c")], at=5, complete=True)],
    ]
    for pages in walks:
        land(raw, toy({"levels": pages}), CONNECTION, LEVELS)
    before = held(raw)
    assert [row["_deleted_at"] is None for row in before["toy_levels"]] == [False, True, True]
    replay(raw, toy(), "main", LEVELS)
    assert held(raw) == before


class Strict(msgspec.Struct):
    id: str
    name: str


class Mended(msgspec.Struct):
    id: str
    name: str | None = None
    note: str | None = None


def test_a_mended_contract_takes_in_what_was_in_quarantine(raw: psycopg.Connection) -> None:
    before, after = Stream("notes", Strict, ("id",)), Stream("notes", Mended, ("id",))
    connector = replace(toy({"notes": [page([{"id": "1", "name": "A", "note": "hi"}, {"id": "2"}])]}), streams=(before,))
    raw_tables.ensure(raw, [connector])
    assert land(raw, connector, CONNECTION, before).quarantined == 1
    raw_tables.ensure(raw, [replace(connector, streams=(after,))])
    landed = replay(raw, refusing(connector), "main", after)
    assert (landed.new, landed.quarantined) == (2, 0)
    assert raw.execute("select id, name, note from raw.toy_notes order by id").fetchall() == [("1", "A", "hi"), ("2", None, None)]
    assert one(raw, "select count(*) from raw.quarantine") == 0


def test_a_record_that_comes_again_under_a_mended_contract_leaves_quarantine(raw: psycopg.Connection) -> None:
    before, after = Stream("notes", Strict, ("id",)), Stream("notes", Mended, ("id",))
    connector = replace(toy({"notes": [page([{"id": "2"}])]}), streams=(before,))
    raw_tables.ensure(raw, [replace(connector, streams=(after,))])
    land(raw, connector, CONNECTION, before)
    land(raw, replace(connector, streams=(after,)), CONNECTION, after)
    assert one(raw, "select resolved_at is not null from raw.quarantine")


def test_a_missing_file_leaves_everything_as_it_was(raw: psycopg.Connection) -> None:
    for number in range(2):
        pages = [page([]) for _ in range(number)] + [page([order(number)], at=number, cursor=number + 1)]
        land(raw, toy({"orders": pages}), CONNECTION, ORDERS)
    before = held(raw)
    assert len(before["toy_orders"]) == 2
    last = one(raw, "select path from raw.manifest order by file_id desc limit 1")
    (lake.root() / last).unlink()
    with pytest.raises(lake.LakeError):
        replay(raw, toy(), "main", ORDERS)
    assert held(raw) == before


def test_other_shops_and_streams_stay(raw: psycopg.Connection) -> None:
    land(raw, toy({"orders": [page([order(1)])]}), CONNECTION, ORDERS)
    other = replace(CONNECTION, shop="other")
    land(raw, toy({"orders": [page([order(2)], at=1)]}), other, ORDERS)
    loaded = one(raw, "select _loaded_at from raw.toy_orders where shop = 'other'")
    replay(raw, toy(), "main", ORDERS)
    assert one(raw, "select _loaded_at from raw.toy_orders where shop = 'other'") == loaded
    assert one(raw, "select _received_at from raw.toy_orders where shop = 'main'") == START + timedelta(0)
