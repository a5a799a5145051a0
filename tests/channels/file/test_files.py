"""What a file shop promises: each ready file once, the newer file's word on an order, and totals told a second way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.channels.file.connector import CONNECTOR, FileChannel
from sluice.channels.protocol import ChannelError
from sluice.landing import raw_tables
from sluice.landing.land import land
from tests.channels.file.shop import LINES, MONDAY, SINCE, UNTIL, drop, pages, records, shop

HEADER = "Order,At,Buyer,SKU,Qty,Price\n"
STREAM = CONNECTOR.stream("order_lines")
TABLES = ("file_order_lines", "file_order_lines__lines")


@pytest.fixture
def raw(db: psycopg.Connection, home: Path) -> psycopg.Connection:
    raw_tables.ensure(db, [CONNECTOR])
    db.commit()
    return db


def landed(db: psycopg.Connection, channel: FileChannel) -> tuple[int, int, int, int]:
    """(new, changed, unchanged, quarantined)"""
    done = land(db, CONNECTOR, channel.connection, STREAM)
    return done.new, done.changed, done.unchanged, done.quarantined


def held(db: psycopg.Connection) -> list[object]:
    row = "to_jsonb(t) - '{_loaded_at,_received_at,_file_id}'::text[]"
    found = [db.execute(f"select {row} from raw.{table} as t order by t::text").fetchall() for table in TABLES]
    db.commit()
    return found


def test_a_file_is_read_when_it_is_ready(tmp_path: Path) -> None:
    channel = shop(tmp_path, order_lines={**LINES, "files": "*"})
    for name in ("a.csv.tmp", "a.csv.part", ".a.csv", "~$a.xlsx"):
        drop(tmp_path, name, HEADER)
    assert pages(channel, "order_lines") == []
    (tmp_path / "a.csv.tmp").rename(tmp_path / "a.csv")
    assert [page.context["file"] for page in pages(channel, "order_lines")] == ["a.csv"]


def test_files_are_read_oldest_first_and_each_once(tmp_path: Path) -> None:
    channel = shop(tmp_path, order_lines=LINES)
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05,,MUG,1,5\n", MONDAY + timedelta(hours=1))
    drop(tmp_path, "b.csv", HEADER + "A2,2026-01-05,,MUG,1,5\n", MONDAY)
    first, second = pages(channel, "order_lines")
    assert [first.context["file"], second.context["file"]] == ["b.csv", "a.csv"]
    assert [page.context["file"] for page in pages(channel, "order_lines", first.cursor)] == ["a.csv"]
    assert pages(channel, "order_lines", second.cursor) == []
    # The same bytes dropped again are no news, other bytes under the same name are.
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05,,MUG,1,5\n", MONDAY + timedelta(hours=2))
    assert pages(channel, "order_lines", second.cursor) == []
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05,,MUG,3,5\n", MONDAY + timedelta(hours=2))
    assert [page.context["file"] for page in pages(channel, "order_lines", second.cursor)] == ["a.csv"]


def test_a_mended_mapping_reads_the_files_again(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05,,mug,1,5\n")
    (page,) = pages(shop(tmp_path, order_lines=LINES), "order_lines")
    assert len(pages(shop(tmp_path, order_lines={**LINES, "upper_case": ["sku"]}), "order_lines", page.cursor)) == 1


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match=r"options\.folder: .*/nowhere is no folder"):
        pages(shop(tmp_path / "nowhere", order_lines=LINES), "order_lines")


def test_landing_twice_changes_nothing(raw: psycopg.Connection, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    channel = shop(folder, order_lines=LINES)
    drop(folder, "a.csv", HEADER + "A1,2026-01-05,,MUG,1,5\nA1,2026-01-05,,TEE,2,7\n,2026-01-05,,MUG,1,5\n")
    assert landed(raw, channel) == (1, 0, 0, 1)
    before = held(raw)
    assert landed(raw, channel) == (0, 0, 0, 0)
    # Read from the start again, as after a mended mapping.
    raw.execute("delete from raw.cursors")
    raw.commit()
    assert landed(raw, channel) == (0, 0, 1, 1)
    assert held(raw) == before
    reasons = raw.execute("select reason, payload::jsonb -> 'rows' -> 0 ->> 'SKU' from raw.quarantine").fetchall()
    assert reasons == [("a.csv row 4: order_id is empty - at `$.fault`", "MUG")]


def test_the_newer_file_replaces_an_order_with_all_its_lines(raw: psycopg.Connection, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    channel = shop(folder, order_lines=LINES)
    drop(folder, "monday.csv", HEADER + "A1,2026-01-05,,MUG,1,5\nA1,2026-01-05,,TEE,2,7\n", MONDAY)
    drop(folder, "tuesday.csv", HEADER + "A1,2026-01-05,,HAT,3,9\n", MONDAY + timedelta(days=1))
    landed(raw, channel)
    lines = "select sku, quantity from raw.file_order_lines__lines order by sku"
    assert raw.execute(lines).fetchall() == [("HAT", 3)]
    # An older file that comes late tells nothing new.
    drop(folder, "sunday.csv", HEADER + "A1,2026-01-05,,CUP,1,1\n", MONDAY - timedelta(days=1))
    landed(raw, channel)
    assert raw.execute(lines).fetchall() == [("HAT", 3)]


def test_an_export_that_repeats_an_order_with_its_time_of_change_changes_nothing(raw: psycopg.Connection, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    mapping = {**LINES, "columns": {**LINES["columns"], "updated_at": "At"}}
    channel = shop(folder, order_lines=mapping)
    drop(folder, "monday.csv", HEADER + "A1,2026-01-05,,MUG,1,5\n", MONDAY)
    landed(raw, channel)
    drop(folder, "tuesday.csv", HEADER + "A1,2026-01-05,,MUG,1,5\nA2,2026-01-06,,MUG,1,5\n", MONDAY + timedelta(days=1))
    assert landed(raw, channel) == (1, 0, 1, 0)


def test_an_order_cut_over_two_files_keeps_the_lines_of_both(tmp_path: Path) -> None:
    channel = shop(tmp_path, order_lines=LINES, orders_span_files=True)
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05,,MUG,1,5\n", MONDAY)
    drop(tmp_path, "b.csv", HEADER + "A1,2026-01-05,,TEE,2,7\n", MONDAY + timedelta(hours=1))
    found, _ = records(channel, "order_lines")
    assert [(order.order_id, order.part, order.lines[0].line_id) for order in found] == [
        ("A1", "a.csv", "a.csv#1"),
        ("A1", "b.csv", "b.csv#1"),
    ]
    assert [claim.total for claim in channel.claims(SINCE, UNTIL)] == [Decimal(19)]


def test_claims_are_the_newest_totals_of_the_orders_made_in_the_window(tmp_path: Path) -> None:
    channel = shop(tmp_path, order_lines=LINES)
    drop(tmp_path, "a.csv", HEADER + "A1,2026-01-05 07:59:59,,MUG,1,5\nA2,2026-01-05 08:00:00,,MUG,2,5.25\n", MONDAY)
    drop(tmp_path, "b.csv", HEADER + 'A1,2026-01-05 07:59:59,,MUG,3,5\nA3,2026-01-07,,TEE,1,"1,250.00"\n,2026-01-07,,TEE,1,1\n')
    everything = {claim.order_id: claim.total for claim in channel.claims(SINCE, UNTIL)}
    assert everything == {"A1": Decimal(15), "A2": Decimal("10.50"), "A3": Decimal(1250)}
    # The shop's midnight is 16:00 UTC of the day before.
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    assert [claim.order_id for claim in channel.claims(monday, monday + timedelta(days=1))] == ["A2"]
    assert {claim.currency for claim in channel.claims(SINCE, UNTIL)} == {"CNY"}


def test_a_file_drop_takes_no_quotas(tmp_path: Path) -> None:
    assert CONNECTOR.publishes is None
    with pytest.raises(ChannelError, match="read only"):
        list(shop(tmp_path, order_lines=LINES).publish([]))


def test_the_unified_order_is_what_the_files_say(prepared_url: str, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    orders = {"files": "orders.csv", "columns": {"order_id": "Order", "ordered_at": "At", "shipping_amount": "Freight"}}
    channel = shop(folder, orders=orders, order_lines={**LINES, "files": "lines.csv"})
    drop(folder, "orders.csv", "Order,At,Freight\nA1,2026-01-05 00:30:00,4.50\nA2,2026-01-06,0\n")
    drop(folder, "lines.csv", HEADER + "A1,,,MUG,2,9.50\nA1,,,TEE,1,30\nA3,2026-01-07,,HAT,1,20\n")
    with warehouse.connect(prepared_url) as db:
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('file', 'hangzhou', '', 'store', 'CNY', 'Asia/Shanghai', 'CNY')"
            " on conflict (channel, shop) do update set timezone = excluded.timezone"
        )
        for stream in CONNECTOR.streams:
            land(db, CONNECTOR, channel.connection, stream)
        found = db.execute(
            "select order_id, ordered_at, items_amount, shipping_amount, total_amount from unified.orders"
            " where channel = 'file' order by 1"
        ).fetchall()
        lines = db.execute(
            "select order_id, sku, total_amount, ordered_at from unified.order_lines where channel = 'file' order by 1, 2"
        ).fetchall()
    first = datetime(2026, 1, 4, 16, 30, tzinfo=UTC)
    assert found == [
        ("A1", first, Decimal("49.00"), Decimal("4.50"), Decimal("53.50")),
        ("A2", datetime(2026, 1, 5, 16, tzinfo=UTC), Decimal(0), Decimal(0), Decimal(0)),
        ("A3", datetime(2026, 1, 6, 16, tzinfo=UTC), Decimal(20), Decimal(0), Decimal(20)),
    ]
    assert lines == [
        ("A1", "MUG", Decimal("19.00"), first),
        ("A1", "TEE", Decimal(30), first),
        ("A3", "HAT", Decimal(20), datetime(2026, 1, 6, 16, tzinfo=UTC)),
    ]
