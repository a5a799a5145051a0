"""Raw tables follow the contracts: made where missing, grown in place, never changed behind anyone's back."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import psycopg
import pytest

from sluice.channels.protocol import Stream
from sluice.landing import raw_tables
from sluice.landing.names import ShapeError
from tests.landing.toy import ORDERS, toy


def columns(db: psycopg.Connection) -> list[tuple[str, str, str]]:
    return db.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'raw' order by 1, 2"
    ).fetchall()


def test_again_changes_nothing(raw: psycopg.Connection) -> None:
    before = columns(raw)
    raw_tables.ensure(raw, [toy()])
    assert columns(raw) == before
    assert raw_tables.tables(toy(), ORDERS) == [
        "toy_orders",
        "toy_orders__line_items",
        "toy_orders__line_items__discounts",
    ]


def test_rows_are_found_by_key_and_by_what_was_loaded_since(raw: psycopg.Connection) -> None:
    indexes = raw.execute("select indexdef from pg_indexes where schemaname = 'raw' and tablename like 'toy_orders%'").fetchall()
    found = {row[0].partition("USING ")[2] for row in indexes}
    assert found == {
        "btree (shop, id)",
        "btree (_loaded_at)",
        "btree (_parent_id, _position, shop)",
        "btree (_parent_id, _parent_position, _position, shop)",
    }


def test_a_contract_that_grows_grows_its_table(raw: psycopg.Connection) -> None:
    small = msgspec.defstruct("Thing", [("id", str)])
    large = msgspec.defstruct("Thing", [("id", str), ("price", Decimal | None, None), ("parts", list[small], [])])
    raw_tables.ensure(raw, [replace(toy(), streams=(Stream("things", small, ("id",)),))])
    raw.execute("insert into raw.toy_things (shop, id, _received_at, _file_id, _digest) values ('main', '1', now(), 1, '')")
    raw_tables.ensure(raw, [replace(toy(), streams=(Stream("things", large, ("id",)),))])
    assert raw.execute("select id, price from raw.toy_things").fetchall() == [("1", None)]
    assert ("toy_things__parts", "_parent_id", "text") in columns(raw)


def test_a_type_that_changes_is_told(raw: psycopg.Connection) -> None:
    for kind in (str, str):
        record = msgspec.defstruct("Thing", [("id", str), ("price", kind)])
        raw_tables.ensure(raw, [replace(toy(), streams=(Stream("things", record, ("id",)),))])
    record = msgspec.defstruct("Thing", [("id", str), ("price", Decimal)])
    with pytest.raises(ShapeError, match=r"raw.toy_things.price is text, its contract says numeric"):
        raw_tables.ensure(raw, [replace(toy(), streams=(Stream("things", record, ("id",)),))])
