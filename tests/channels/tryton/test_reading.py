"""The ERP over HTTP, against the sandbox: whole reads, credentials, faults, what is missing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl
import pytest

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.tryton.connector import BY_STREAM, CONNECTOR, Options
from sluice.channels.tryton.records import plain, records
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import models, places, tables
from sluice.sandbox.tryton.search import search
from tests.channels.tryton.server import connection
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SandboxState, str]]:
    state = SandboxState(world())
    with hosted(state) as address:
        yield state, f"{address}/tryton"


def read(url: str, name: str, page_size: int = 1000, **secrets: str) -> list[msgspec.Struct]:
    stream = CONNECTOR.stream(name)
    pages = list(CONNECTOR.open(connection(url, page_size, **secrets)).pages(stream, None))
    if stream.snapshot:
        assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    found = [record for page in pages for record in records(stream, page.body, page.context)]
    return [msgspec.json.decode(record, type=stream.record, strict=False) for record in found]


@pytest.mark.parametrize("name", [name for name in BY_STREAM if name not in ("stock", "companies")])
def test_every_stream_is_read_whole_and_keeps_its_contract(served: tuple[SandboxState, str], name: str) -> None:
    state, url = served
    model = BY_STREAM[name]
    expected = search(state, model.name, list(model.domain), None, archived=True)
    assert sorted(record.id for record in read(url, name, 150)) == sorted(row["id"] for row in expected)  # type: ignore[attr-defined]
    assert expected


def test_stock_is_the_worlds_by_warehouse(served: tuple[SandboxState, str]) -> None:
    state, url = served
    places = {record.id: record.code for record in read(url, "warehouses")}  # type: ignore[attr-defined]
    skus = {record.id: record.code for record in read(url, "products")}  # type: ignore[attr-defined]
    found = [(places[one.warehouse], skus[one.id], one.quantity, one.free) for one in read(url, "stock")]  # type: ignore[attr-defined]
    truth = state.world.stock(state.now).filter(pl.col("on_hand") != 0).select("facility_id", "sku", "on_hand").rows()
    assert sorted(found) == sorted((*row, row[2]) for row in truth)


def test_only_what_changed_is_read_again() -> None:
    stream = CONNECTOR.stream("receipts")
    state = SandboxState(world(), AS_OF - timedelta(days=30))
    with hosted(state) as address:
        found = replace(connection(f"{address}/tryton"), now=lambda: state.now)
        first = list(CONNECTOR.open(found).pages(stream, None))
        state.advance(5)
        second = list(CONNECTOR.open(found).pages(stream, first[-1].cursor))
    known, new = (
        {msgspec.json.decode(record)["id"]: record for page in pages for record in records(stream, page.body, {})}
        for pages in (first, second)
    )
    now = {row["id"]: row for row in search(state, "stock.move", [], None, archived=True)}
    assert (known | new).keys() == now.keys()
    done = {id for id, record in (known | new).items() if msgspec.json.decode(record)["state"] == "done"}
    assert done == {id for id, row in now.items() if row["state"] == "done"}
    assert 0 < len(new) < len(known) / 4


@pytest.mark.parametrize("secrets", [{"password": "wrong"}, {"user": "nobody"}])
def test_wrong_credentials_are_refused(served: tuple[SandboxState, str], secrets: dict[str, str]) -> None:
    with pytest.raises(Refused, match="no such user"):
        read(served[1], "units", **secrets)


def test_an_unknown_database_is_named(served: tuple[SandboxState, str]) -> None:
    with pytest.raises(ChannelError, match="no database other"):
        read(served[1], "units", database="other")


@pytest.mark.parametrize("spoiled", ["throttle", "server_error", "truncate"])
def test_passing_faults_are_ridden_out(served: tuple[SandboxState, str], spoiled: str) -> None:
    state, url = served
    state.faults.plan("tryton", **{spoiled: 1})
    assert len(read(url, "warehouses")) == 3
    assert state.faults.left("tryton")[spoiled] == 0


def test_a_malformed_record_spoils_no_other(served: tuple[SandboxState, str]) -> None:
    state, url = served
    state.faults.plan("tryton", malformed=1)
    stream = CONNECTOR.stream("products")
    broken = 0
    for page in CONNECTOR.open(connection(url)).pages(stream, None):
        for record in records(stream, page.body, page.context):
            try:
                msgspec.json.decode(record, type=stream.record, strict=False)
            except msgspec.ValidationError:
                broken += 1
    assert broken == 1


def test_check_says_which_module_and_which_codes_are_missing(
    served: tuple[SandboxState, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = CONNECTOR.open(connection(served[1]))
    assert list(channel.check()) == []  # type: ignore[attr-defined]
    monkeypatch.delitem(models.MODELS, "purchase.purchase")
    known = [row | {"code": None} for row in places.locations(served[0])]
    known.append(known[-1] | {"id": 99, "active": False})
    monkeypatch.setitem(models.MODELS, "stock.location", lambda state: iter(known))
    with hosted(SandboxState(world())) as address:
        url = f"{address}/tryton"
        told = list(CONNECTOR.open(connection(url)).check())  # type: ignore[attr-defined]
        assert read(url, "purchases") == []
    assert any("activate the module purchase" in line for line in told)
    assert any("3 warehouses have no code" in line for line in told)


def test_purchases_of_another_company_are_none_of_ours(served: tuple[SandboxState, str]) -> None:
    """A user may see those of several companies."""
    other = replace(connection(served[1]), options=Options(company=2))
    for name in ("companies", "purchases", "purchase_lines", "receipts"):
        stream = CONNECTOR.stream(name)
        pages = list(CONNECTOR.open(other).pages(stream, None))
        assert [record for page in pages for record in records(stream, page.body, page.context)] == []


def test_sales_are_off_unless_asked_for(served: tuple[SandboxState, str]) -> None:
    channel: Any = CONNECTOR.open(connection("http://127.0.0.1:1"))
    assert list(channel.pages(CONNECTOR.stream("sales"), None)) == []
    assert list(channel.again(CONNECTOR.stream("sales"), ["1"])) == []


def test_without_the_module_sale_their_stream_says_so_and_the_others_go_on(
    served: tuple[SandboxState, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(tables.TABLES, "sale.sale")
    channel: Any = CONNECTOR.open(connection(served[1], sales=True))
    with pytest.raises(ChannelError, match="activate the module sale"):
        list(channel.pages(CONNECTOR.stream("sales"), None))
    assert any("no sale.sale: activate the module sale" in line for line in channel.check())
    assert list(channel.pages(CONNECTOR.stream("units"), None))


def test_it_takes_no_quotas_and_claims_no_orders(served: tuple[SandboxState, str]) -> None:
    channel = CONNECTOR.open(connection(served[1]))
    assert list(channel.claims(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))) == []
    assert CONNECTOR.publishes is None
    with pytest.raises(ChannelError, match="takes no quotas"):
        list(channel.publish([]))


def test_objects_with_a_class_are_plain_and_strange_ones_are_left_to_the_contract() -> None:
    told = {
        "a": {"__class__": "Decimal", "decimal": "1.10"},
        "party": 4,
        "party.": {"id": 4, "name": "Mill"},
        "b": {"__class__": "date"},
    }
    assert plain(told) == {"a": "1.10", "party": {"id": 4, "name": "Mill"}, "b": {"__class__": "date"}}
    assert msgspec.json.decode(b'"1.10"', type=Decimal) == Decimal("1.10")
