"""A record that breaks its contract is kept with the reason, holds up nothing else, and leaves quarantine when it lands well."""

import json
from typing import Any

import psycopg
import pytest

from sluice.channels.protocol import Page
from sluice.landing import lake
from sluice.landing.land import Landed, land
from tests.landing.state import held, one
from tests.landing.toy import CONNECTION, LEVELS, ORDERS, order, page, toy


def land_pages(db: psycopg.Connection, *pages: Page) -> Landed:
    return land(db, toy({"orders": pages}), CONNECTION, ORDERS)


def entries(db: psycopg.Connection, columns: str) -> list[Any]:
    return db.execute(f"select {columns} from raw.quarantine order by key, received_at").fetchall()


def raw_money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


BROKEN = {
    "a wrong type": (order(7, paid="perhaps"), "Expected `bool`"),
    "a missing field": ({"id": 7}, "missing required field `name`"),
    "money that is no number": (order(7, totalPriceSet=raw_money("ten")), "Invalid decimal"),
    "money that is not finite": (order(7, totalPriceSet=raw_money("NaN")), "no finite number"),
    "infinite money": (order(7, totalPriceSet=raw_money("Infinity")), "no finite number"),
    "money too large for numeric": (order(7, totalPriceSet=raw_money("1e200000")), "overflows numeric"),
    "a time without a zone, by contract": (order(7, updatedAt="2026-03-01T00:00:00"), "with a timezone component"),
    "a time without a zone": (order(7, processedAt="2026-03-01T00:00:00"), "processed_at is a time without a zone"),
    "U+0000 in a text": (order(7, name="a\x00b"), "U+0000"),
    "U+0000 in a nested text": (order(7, attributes={"a": "\x00"}), "U+0000"),
    "half a surrogate pair": (json.dumps(order(7)).replace("#7", "\\ud800").encode(), "surrogate"),
    "the other half of one": (json.dumps(order(7)).replace("#7", "x\\udc00\\\\ud83d\\ude00").encode(), "surrogate"),
    "bytes that are no UTF-8": (json.dumps(order(7)).replace("#7", "~").encode().replace(b"~", b"\xff"), "utf-8"),
    "a quantity past 64 bits": (
        json.dumps(order(7)).replace('"quantity": 2', f'"quantity": {2**63}').encode(),
        "out of range for type bigint",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_kept_with_its_reason_and_the_others_land(raw: psycopg.Connection, case: str) -> None:
    broken, reason = BROKEN[case]
    landed = land_pages(raw, page([order(1), order(2)]), page([order(3), broken, order(4)], cursor=2))
    assert (landed.delivered, landed.new, landed.quarantined) == (5, 4, 1)
    assert raw.execute("select array_agg(id order by id) from raw.toy_orders").fetchone() == (["1", "2", "3", "4"],)
    assert one(raw, "select count(*) from raw.toy_orders__line_items") == 8
    ((key, order_id, why, page_number, position, path),) = entries(
        raw, "key, order_id, reason, page, position, (select path from raw.manifest as m where m.file_id = quarantine.file_id)"
    )
    assert (key, order_id, page_number, position) == ("7", "7", 1, 1)
    assert reason in why
    assert b'"id":7' in lake.read(path)[1][1].body.replace(b" ", b"")
    assert one(raw, "select cursor from raw.cursors") == {"next": 2}


@pytest.mark.parametrize("broken", [b'{"name": "no id"}', b'{"id": "x"}', b'{"id": null}', b"[]", b"17", b'{"id": {"a": 1}}'])
def test_a_record_without_a_readable_key_is_kept_too(raw: psycopg.Connection, broken: bytes) -> None:
    landed = land_pages(raw, page([broken, order(1)]))
    assert (landed.new, landed.quarantined) == (1, 1)
    assert entries(raw, "key, payload") == [(None, broken.decode())]


def test_a_key_that_no_index_can_hold_is_kept_in_quarantine(raw: psycopg.Connection) -> None:
    records = [{"sku": "x" * 10_000, "facility": "A", "onHand": 1}, {"sku": "a\x00", "facility": "A", "onHand": 1}]
    landed = land(raw, toy({"levels": [page(records)]}), CONNECTION, LEVELS)
    assert (landed.new, landed.quarantined) == (0, 2)


def test_the_same_broken_record_is_one_entry(raw: psycopg.Connection) -> None:
    broken = order(7, paid="perhaps")
    land_pages(raw, page([broken, broken], at=1), page([broken], at=2))
    land_pages(raw, page([broken], at=3))
    assert one(raw, "select count(*) from raw.quarantine") == 1


def test_it_is_resolved_when_the_record_lands_well_and_stays_so(raw: psycopg.Connection) -> None:
    broken = page([order(7, paid="perhaps")], at=1)
    land_pages(raw, broken)
    land_pages(raw, page([order(7, paid=True)], at=2))
    assert entries(raw, "resolved_at is not null") == [(True,)]
    land_pages(raw, broken)
    assert entries(raw, "resolved_at is not null") == [(True,)]


def test_it_opens_again_when_the_record_breaks_again(raw: psycopg.Connection) -> None:
    broken = order(7, paid="perhaps")
    land_pages(raw, page([broken], at=1))
    land_pages(raw, page([order(7)], at=2))
    land_pages(raw, page([broken], at=3))
    assert entries(raw, "resolved_at is null") == [(True,)]


def test_an_older_good_form_stays_readable_beside_a_broken_one(raw: psycopg.Connection) -> None:
    land_pages(raw, page([order(7, name="good")], at=1))
    land_pages(raw, page([order(7, 1, paid="perhaps")], at=2))
    assert one(raw, "select name from raw.toy_orders") == "good"
    assert entries(raw, "resolved_at is null") == [(True,)]


def test_what_postgresql_refuses_does_not_cost_the_good_form_beside_it(raw: psycopg.Connection) -> None:
    too_large = order(7, 2, totalPriceSet=raw_money("1e200000"))
    good = [order(number) for number in range(100, 130)]
    landed = land_pages(raw, page([*good[:15], order(7, 1, name="good"), too_large, *good[15:]]))
    assert (landed.new, landed.quarantined) == (31, 1)
    assert one(raw, "select name from raw.toy_orders where id = '7'") == "good"
    assert len(held(raw)["toy_orders__line_items"]) == 62
