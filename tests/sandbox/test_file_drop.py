"""What the store's till promises: files that say what the world did, whatever they are written as, and only what is new."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice import config
from sluice.channels.file.connector import CONNECTOR, FileChannel
from sluice.sandbox.file import write_drop
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.file.shop import SINCE, UNTIL, pages, records

DEMO = Path(__file__).parents[2] / "sluice.yaml"
LATER = AS_OF + timedelta(days=9)


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(7, 3000)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileChannel:
    """The demo's store, mapped as the demo maps it."""
    monkeypatch.setenv("SLUICE_SANDBOX_FOLDER", str(tmp_path))
    monkeypatch.setenv("SLUICE_SANDBOX_URL", "http://127.0.0.1")
    return FileChannel(config.load(DEMO).shop("file", "hangzhou").connect())


def newest(channel: FileChannel, stream: str) -> dict[str, Any]:
    """The last word on each order; nothing may be refused."""
    found, refused = records(channel, stream)
    assert refused == []
    return {record.order_id: record for record in found}


def folder(channel: FileChannel) -> Path:
    return Path(channel.options.folder)


@pytest.mark.parametrize("now", [AS_OF - timedelta(days=200), AS_OF, LATER])
def test_the_files_hold_what_the_world_did(world: World, store: FileChannel, now: datetime) -> None:
    write_drop(world, now, folder(store))
    truth = world.truth("file", "hangzhou", now)
    orders, lines = newest(store, "orders"), newest(store, "order_lines")
    total = Decimal(truth.total_minor).scaleb(-2)
    assert (len(orders), len(lines)) == (truth.orders, truth.orders)
    assert sum(len(order.lines) for order in lines.values()) == truth.lines
    assert sum(line.quantity for order in lines.values() for line in order.lines) == truth.units
    assert sum(order.total_amount for order in orders.values()) == total
    claims = list(store.claims(SINCE, UNTIL))
    assert (len(claims), sum(claim.total for claim in claims)) == (truth.orders, total)


def test_every_status_of_the_till_is_mapped(world: World, store: FileChannel) -> None:
    write_drop(world, LATER, folder(store))
    for order in newest(store, "orders").values():
        assert "unknown" not in (order.order_status, order.payment_status, order.fulfilment_status)


def test_history_comes_as_spreadsheet_gbk_and_utf8(world: World, store: FileChannel) -> None:
    spreadsheet, gbk, utf8, *_ = write_drop(world, AS_OF, folder(store))
    assert spreadsheet.suffix == ".xlsx"
    assert gbk.read_bytes().decode("gb18030").startswith("小票号")
    assert '="HZ' in gbk.read_bytes().decode("gb18030").replace('""', '"')
    assert utf8.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_later_drop_holds_only_what_changed(world: World, store: FileChannel) -> None:
    write_drop(world, AS_OF, folder(store))
    before = pages(store, "orders")
    assert write_drop(world, AS_OF, folder(store)) == []
    assert pages(store, "orders", before[-1].cursor) == []
    (new,) = write_drop(world, LATER, folder(store))
    assert [page.context["file"] for page in pages(store, "orders", before[-1].cursor)] == [new.name]
    changed = world.orders_at("file", "hangzhou", LATER)
    assert _ids(store, new.name) == set(changed.filter(changed["updated_at"] > AS_OF)["order_id"])


def _ids(store: FileChannel, name: str) -> set[str]:
    stream = CONNECTOR.stream("orders")
    (page,) = (page for page in pages(store, "orders") if page.context["file"] == name)
    return {raw.split(b'"order_id":"')[1].split(b'"')[0].decode() for raw in CONNECTOR.records(stream, page.body, page.context)}


def test_drops_in_steps_say_the_same_as_one(world: World, store: FileChannel) -> None:
    for days in (120, 61, 60, 0):
        write_drop(world, AS_OF - timedelta(days=days), folder(store))
    stepwise = newest(store, "orders")
    for path in folder(store).iterdir():
        path.unlink()
    write_drop(world, AS_OF, folder(store))
    assert stepwise == newest(store, "orders")


def test_the_host_lets_the_till_export(world: World, store: FileChannel) -> None:
    with hosted(SandboxState(world)) as address:
        answer = httpx.post(f"{address}/file/drop", json={"folder": str(folder(store))}, timeout=60)
        assert answer.json() == sorted(path.name for path in folder(store).iterdir())
        assert httpx.post(f"{address}/file/drop", json={"folder": str(folder(store))}, timeout=60).json() == []
