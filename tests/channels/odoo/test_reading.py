"""The ERP over HTTP, against the sandbox: whole reads, credentials, faults, Odoo's false and its zoneless times."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from sluice.channels.odoo.connector import BY_STREAM, CONNECTOR, MODELS
from sluice.channels.odoo.records import records
from sluice.channels.protocol import ChannelError, Page, Refused, Stream
from sluice.sandbox.host import hosted
from sluice.sandbox.odoo.models import frame
from sluice.sandbox.odoo.search import search
from sluice.sandbox.state import SandboxState
from tests.channels.odoo.server import connection
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SandboxState, str]]:
    state = SandboxState(world())
    with hosted(state) as address:
        yield state, f"{address}/odoo"


def read(url: str, stream: str, page_size: int = 1000, **secrets: str) -> list[Page]:
    return list(CONNECTOR.open(connection(url, page_size, **secrets)).pages(CONNECTOR.stream(stream), None))


def found(stream: Stream, pages: list[Page]) -> list[msgspec.Struct]:
    return [
        msgspec.json.decode(record, type=stream.record) for page in pages for record in records(stream, page.body, page.context)
    ]


@pytest.mark.parametrize("page_size", [7, 1000])
@pytest.mark.parametrize("stream", [model.stream for model in MODELS], ids=lambda stream: stream.name)
def test_every_stream_is_read_whole_and_keeps_its_contract(
    served: tuple[SandboxState, str], stream: Stream, page_size: int
) -> None:
    state, url = served
    pages = read(url, stream.name, page_size)
    model = BY_STREAM[stream.name]
    expected = search(frame(state, model.name), model.name, list(model.domain))
    if model.linked_from:
        expected = expected.filter(expected["id"].is_in(frame(state, "stock.warehouse")["partner_id"].to_list()))
    got = [record.id for record in found(stream, pages)]  # type: ignore[attr-defined]
    assert set(got) == set(expected["id"])
    assert len(got) > 0
    if stream.snapshot:
        assert len(got) == len(set(got))
        assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
        assert all(page.cursor is None for page in pages)


def test_empty_is_null_and_times_are_utc(served: tuple[SandboxState, str]) -> None:
    state, url = served
    products = found(CONNECTOR.stream("products"), read(url, "products"))
    assert {product.barcode for product in products} == {None}  # type: ignore[attr-defined]
    assert {product.active for product in products} <= {True, False}  # type: ignore[attr-defined]
    lines = state.world.purchase_orders_at(state.now).sort("ordered_at")
    orders = found(CONNECTOR.stream("purchase_orders"), read(url, "purchase_orders"))
    first = min(order.date_approve for order in orders)  # type: ignore[attr-defined]
    assert first == lines["ordered_at"][0]
    assert first.tzinfo is not None


def test_false_stays_false_where_the_contract_says_boolean() -> None:
    body = b'{"result": [{"id": 1, "active": false, "default_code": false, "write_date": "2026-01-01 08:00:00"}]}'
    [record] = records(CONNECTOR.stream("products"), body, {})
    assert msgspec.json.decode(record) == {"id": 1, "active": False, "default_code": None, "write_date": "2026-01-01 08:00:00Z"}
    assert msgspec.json.decode(b'"2026-01-01 08:00:00Z"', type=datetime) == datetime(2026, 1, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("secrets", [{"password": "wrong"}, {"user": "nobody"}])
def test_wrong_credentials_are_refused(served: tuple[SandboxState, str], secrets: dict[str, str]) -> None:
    opened = CONNECTOR.open(connection(served[1], options={"protocol": "jsonrpc"}, **secrets))
    with pytest.raises(Refused, match="knows no user"):
        list(opened.pages(CONNECTOR.stream("products"), None))


def test_the_key_is_in_no_message(served: tuple[SandboxState, str]) -> None:
    with pytest.raises(Refused) as refusal:
        read(served[1], "products", password="hunter2")
    assert "hunter2" not in str(refusal.value)


def test_an_unknown_database_is_named(served: tuple[SandboxState, str]) -> None:
    with pytest.raises(ChannelError, match='database "other" does not exist'):
        read(served[1], "products", database="other")


@pytest.mark.parametrize("spoiled", ["throttle", "server_error", "truncate"])
def test_passing_faults_are_ridden_out(served: tuple[SandboxState, str], spoiled: str) -> None:
    state, url = served
    state.faults.plan("odoo", **{spoiled: 1})
    assert len(found(CONNECTOR.stream("warehouses"), read(url, "warehouses"))) == 3
    assert state.faults.left("odoo")[spoiled] == 0


def test_a_malformed_record_spoils_no_other(served: tuple[SandboxState, str]) -> None:
    state, url = served
    state.faults.plan("odoo", malformed=2)
    stream = CONNECTOR.stream("products")
    raw = [record for page in read(url, "products") for record in records(stream, page.body, page.context)]
    broken = 0
    for record in raw:
        try:
            msgspec.json.decode(record, type=stream.record, strict=False)
        except msgspec.ValidationError:
            broken += 1
    assert (broken, len(raw)) == (2, frame(state, "product.product").height)


def test_it_takes_no_quotas_and_claims_no_orders(served: tuple[SandboxState, str]) -> None:
    channel = CONNECTOR.open(connection(served[1]))
    assert list(channel.claims(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))) == []
    assert CONNECTOR.publishes is None
    with pytest.raises(ChannelError, match="takes no quotas"):
        list(channel.publish([]))
