"""What landing promises of a stream: typed rows, newest wins, honest counts, and a cursor that stands where the data ends."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import psycopg
import pytest

from sluice.channels.protocol import ChannelError, Page
from sluice.landing.delivery import LandingError
from sluice.landing.land import Landed, land
from tests.landing.state import held, one, rows
from tests.landing.toy import CONNECTION, EVENTS, ORDERS, START, order, page, toy


def counts(landed: Landed) -> tuple[int, int, int, int, int]:
    return (landed.delivered, landed.new, landed.changed, landed.unchanged, landed.quarantined)


def land_pages(db: psycopg.Connection, *pages: Page | Exception) -> Landed:
    return land(db, toy({"orders": pages}), CONNECTION, ORDERS)


def test_a_record_becomes_typed_rows(raw: psycopg.Connection) -> None:
    rich = order(
        2**60,
        paid=True,
        tags=["a", "b"],
        attributes={"gift": {"note": 'say "hi"'}},
        processedAt="2026-03-01T20:00:00+08:00",
        shipOn="2026-03-04",
    )
    rich["lineItems"]["nodes"][1]["discounts"] = [{"code": "SPRING", "allocated": {"amount": "0.30", "currencyCode": "EUR"}}]
    landed = land_pages(raw, page([rich]))
    assert counts(landed) == (1, 1, 0, 0, 0)
    row = raw.execute(
        "select shop, id, total_price_set_shop_money_amount, updated_at, paid, tags, attributes, processed_at, ship_on,"
        " customer_email, _received_at, _deleted_at from raw.toy_orders"
    ).fetchone()
    assert row == (
        "main",
        str(2**60),
        Decimal(f"{2**60}.10"),
        START,
        True,
        ["a", "b"],
        {"gift": {"note": 'say "hi"'}},
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        date(2026, 3, 4),
        None,
        START,
        None,
    )
    lines = raw.execute("select _parent_id, _position, id, quantity from raw.toy_orders__line_items order by 2").fetchall()
    assert lines == [(str(2**60), 0, str(2**60 * 10), 1), (str(2**60), 1, str(2**60 * 10 + 1), 2)]
    discounts = raw.execute(
        "select _parent_id, _parent_position, _position, code, allocated_amount from raw.toy_orders__line_items__discounts"
    ).fetchall()
    assert discounts == [(str(2**60), 1, 0, "SPRING", Decimal("0.30"))]


AWKWARD = [
    *("tab\there", "line\nand\rreturn", "back\\slash", "\\N", "\\.", "\\t", "", " "),
    *("😀 订单 ünï", "\x01\x1f\x7f", "'quoted' \"twice\"", "a\u2028b"),
]


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_text_comes_back_as_it_was(raw: psycopg.Connection, text: str, ascii_only: bool) -> None:
    record = order(1, name=text, tags=[text], attributes={text: text})
    record["lineItems"]["nodes"][0]["title"] = text
    assert land_pages(raw, page([json.dumps(record, ensure_ascii=ascii_only).encode()])).new == 1
    assert raw.execute("select name, tags, attributes from raw.toy_orders").fetchone() == (text, [text], {text: text})
    assert one(raw, "select title from raw.toy_orders__line_items where _position = 0") == text


def test_money_keeps_every_digit(raw: psycopg.Connection) -> None:
    amounts = ["0.1", "1e3", "123456789012345678901234567890.123456789", "-0.00", "9007199254740993"]
    records = []
    for number, amount in enumerate(amounts):
        # as a JSON number, not a string: read as a float it would lose digits
        text = msgspec.json.encode(order(number)).replace(f'"{number}.10"'.encode(), amount.encode())
        records.append(text)
    assert land_pages(raw, page(records)).new == len(amounts)
    found = raw.execute("select total_price_set_shop_money_amount from raw.toy_orders order by id").fetchall()
    assert [row[0] for row in found] == [Decimal(amount) for amount in amounts]


def test_an_order_of_a_thousand_lines(raw: psycopg.Connection) -> None:
    line = order(1)["lineItems"]["nodes"][0]
    land_pages(raw, page([order(1, lineItems={"nodes": [line | {"id": number} for number in range(1000)]})]))
    assert one(raw, "select count(*) from raw.toy_orders__line_items where id = _position::text") == 1000


def test_the_newer_version_wins_whichever_comes_first(raw: psycopg.Connection) -> None:
    land_pages(raw, page([order(1, 5, name="newer")], at=1))
    landed = land_pages(raw, page([order(1, 3, name="older")], at=9))
    assert counts(landed) == (1, 0, 0, 1, 0)
    assert one(raw, "select name from raw.toy_orders") == "newer"


def test_of_one_key_twice_in_a_page_the_newest_stays(raw: psycopg.Connection) -> None:
    landed = land_pages(raw, page([order(1, 1, name="first"), order(1, 2, name="second"), order(1, 1, name="again")]))
    assert counts(landed) == (3, 1, 0, 2, 0)
    assert one(raw, "select name from raw.toy_orders") == "second"
    assert one(raw, "select count(*) from raw.toy_orders__line_items") == 2


def test_what_a_change_removes_is_gone(raw: psycopg.Connection) -> None:
    land_pages(raw, page([order(1), order(2)]))
    landed = land_pages(raw, page([order(1, 1, lineItems=None), order(2)], at=1))
    assert counts(landed) == (2, 0, 1, 1, 0)
    assert {row["_parent_id"] for row in rows(raw, "toy_orders__line_items")} == {"2"}


def test_loaded_at_moves_only_for_what_changed(raw: psycopg.Connection) -> None:
    land_pages(raw, page([order(1), order(2)]))
    before = dict(raw.execute("select id, _loaded_at from raw.toy_orders").fetchall())
    land_pages(raw, page([order(1), order(2, 1)], at=1))
    after = dict(raw.execute("select id, _loaded_at from raw.toy_orders").fetchall())
    assert after["1"] == before["1"]
    assert after["2"] > before["2"]


def test_without_a_version_the_last_received_wins_even_when_it_says_what_was_said_before(raw: psycopg.Connection) -> None:
    pages = [page([order(1, name="A")], at=1), page([order(1, name="A")], at=3), page([order(1, name="B")], at=2)]
    land(raw, toy({"events": pages}), CONNECTION, EVENTS)
    assert raw.execute("select name, _received_at from raw.toy_events").fetchall() == [("A", START + timedelta(minutes=3))]


def test_an_empty_answer_moves_the_cursor_and_leaves_no_file(raw: psycopg.Connection) -> None:
    landed = land_pages(raw, page([], cursor=7))
    assert (landed.delivered, landed.pages) == (0, 1)
    assert one(raw, "select cursor from raw.cursors") == {"next": 7}
    assert one(raw, "select count(*) from raw.manifest") == 0


def test_landing_goes_on_from_the_cursor(raw: psycopg.Connection) -> None:
    pages = [page([order(1)], cursor=1), page([order(2)], cursor=2), page([order(3)])]
    assert land_pages(raw, *pages[:2]).new == 2
    landed = land_pages(raw, *pages)
    # the third page gives no cursor: it is read again until one does
    assert counts(landed) == (1, 1, 0, 0, 0)
    assert counts(land_pages(raw, *pages)) == (1, 0, 0, 1, 0)
    assert one(raw, "select cursor from raw.cursors") == {"next": 2}


def test_what_came_before_a_fault_stays(raw: psycopg.Connection) -> None:
    with pytest.raises(ChannelError, match="gone away"):
        land_pages(raw, page([order(1)], cursor=1), ChannelError("gone away"))
    assert one(raw, "select id from raw.toy_orders") == "1"
    assert one(raw, "select cursor from raw.cursors") == {"next": 1}


@pytest.mark.parametrize("fault", [msgspec.ValidationError("no field `nodes`"), ValueError("too many values to unpack")])
def test_an_answer_that_a_connector_does_not_understand_is_told_as_the_streams_fault(
    raw: psycopg.Connection, fault: Exception
) -> None:
    with pytest.raises(LandingError, match=f"toy orders: .*{fault}"):
        land_pages(raw, page([order(1)], cursor=1), fault)
    assert one(raw, "select cursor from raw.cursors") == {"next": 1}


def test_a_page_that_is_none_stops_the_stream_before_it(raw: psycopg.Connection) -> None:
    with pytest.raises(LandingError, match="a page can't be read"):
        land_pages(raw, page([order(1)], cursor=1), Page(b"<html>maintenance</html>", {"next": 2}))
    assert one(raw, "select id from raw.toy_orders") == "1"
    assert one(raw, "select cursor from raw.cursors") == {"next": 1}


def test_two_shops_keep_apart(raw: psycopg.Connection) -> None:
    land(raw, toy({"orders": [page([order(1)])]}), CONNECTION, ORDERS)
    land(raw, toy({"orders": [page([order(1, name="another")])]}), replace(CONNECTION, shop="other"), ORDERS)
    assert raw.execute("select shop, name from raw.toy_orders order by 1").fetchall() == [("main", "#1"), ("other", "another")]


def test_progress_is_reported_by_batch(raw: psycopg.Connection) -> None:
    heard: list[int] = []
    pages = [page([order(number * 1000 + one) for one in range(1000)], at=number) for number in range(6)]
    landed = land(raw, toy({"orders": pages}), CONNECTION, ORDERS, lambda total: heard.append(total.delivered))
    assert heard == [2000, 5000, 6000]
    assert counts(landed) == (6000, 6000, 0, 0, 0)
    assert held(raw)["quarantine"] == []
