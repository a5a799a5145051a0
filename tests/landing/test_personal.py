"""What is personal is marked in every contract, and can be taken out of any record of it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec import inspect

from sluice.channels.protocol import Connector, Stream
from sluice.channels.registry import connectors
from sluice.landing import personal
from sluice.landing.forgotten import Forgotten, Stone, digest, moment
from sluice.landing.shape import shape

STREAMS = [pytest.param(one, stream, id=f"{one.name}_{stream.name}") for one in connectors().values() for stream in one.streams]
SOUNDS = re.compile(
    r"email|phone|mobile|_tel$|receiver|buyer|consignee|first_?name|last_?name|given|family|street|address[12]|zip|postal|city|district|customer"
)
GOODS = re.compile(r"product|item|sku|spec|listing|variation|category|company|warehouse|location|supplier|party|partner")
NOT_PERSONAL = {
    # a flag, and a warehouse's own
    "tiktok_returns.can_buyer_keep_item",
    "odoo_addresses.city",
    "tryton_warehouses.address_city",
}
COARSE = re.compile(r"(country|state|province)(_code)?(_v2)?$")
EXAMPLES: dict[type, Any] = {
    inspect.StrType: "text 1",
    inspect.IntType: 7,
    inspect.BoolType: True,
    inspect.DecimalType: Decimal("1.50"),
    inspect.DateTimeType: datetime(2026, 1, 2, 3, tzinfo=UTC),
    inspect.DateType: date(2026, 1, 2),
    inspect.UUIDType: UUID(int=7),
    inspect.DictType: {"a": 1},
    inspect.AnyType: [{"a": "b"}],
    inspect.RawType: msgspec.Raw(b'{"a":1}'),
}


def example(kind: Any) -> Any:
    """A value of a contract's type, everything optional there."""
    if isinstance(kind, inspect.Metadata):
        return example(kind.type)
    if isinstance(kind, inspect.UnionType):
        return example(next(one for one in kind.types if not isinstance(one, inspect.NoneType)))
    if isinstance(kind, inspect.StructType):
        # a record that is there to say what is wrong can't be made
        fields = [(one.encode_name, example(one.type)) for one in kind.fields if one.name != "fault"]
        return [value for _, value in fields] if kind.array_like else dict(fields)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return [example(kind.item_type)] * 2
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.EnumType):
        return next(iter(kind.cls)).value
    return EXAMPLES[type(kind)]


def sent(stream: Stream) -> bytes:
    return msgspec.json.encode(example(inspect.type_info(stream.record)))


def forgotten(*known: tuple[str, str], erased_at: datetime = datetime(2026, 3, 1, tzinfo=UTC)) -> Forgotten:
    stones = {digest(b"k", kind, value, "c", "s"): Stone(erased_at, None) for kind, value in known}
    return Forgotten(b"k", stones, "c", "s", ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(("connector", "stream"), STREAMS)
def test_a_record_without_what_is_personal_keeps_its_contract(connector: Connector, stream: Stream) -> None:
    raw = sent(stream)
    msgspec.json.decode(raw, type=stream.record, strict=False)
    left = forgotten().without(stream.record, {**personal.parsed(raw), "beside": "lin@example.com"})
    msgspec.json.decode(left, type=stream.record, strict=False)
    assert list(personal.marks(stream.record, personal.parsed(left))) == []
    assert b"lin@example.com" not in left
    assert forgotten().without(stream.record, personal.parsed(left)) == left


@pytest.mark.parametrize("connector", connectors().values(), ids=lambda one: one.name)
def test_what_sounds_personal_is_marked(connector: Connector) -> None:
    assert list(unmarked(connector)) == []


def unmarked(connector: Connector) -> Iterator[str]:
    for stream in connector.streams:
        for table in shape(connector.name, stream).tables:
            for leaf in table.leaves:
                sounds = SOUNDS.search(leaf.column) and leaf.pg in ("text", "bigint")
                name = f"{table.name}.{leaf.column}"
                if (
                    sounds
                    and not leaf.personal
                    and not GOODS.search(leaf.column)
                    and not COARSE.search(leaf.column)
                    and name not in NOT_PERSONAL
                ):
                    yield name


@pytest.mark.parametrize("connector", [one for one in connectors().values() if one.webhook], ids=lambda one: one.name)
def test_a_notification_that_brings_records_can_be_taken_apart(connector: Connector) -> None:
    assert connector.webhook is not None
    for name, body in connector.webhook.bodies.items():
        assert list(personal.marks(body, example(inspect.type_info(body)))), name


def test_numbers_stay_as_they_were_written() -> None:
    assert (
        personal.written(personal.parsed(b'{"a":12.30,"b":100000000000000000001,"c":1e3}'))
        == b'{"a":12.30,"b":100000000000000000001,"c":1e3}'
    )


ORDERS = connectors()["shopify"].stream("orders")
CUSTOMERS = connectors()["shopify"].stream("customers")


def order(made: str, **more: Any) -> bytes:
    found = personal.parsed(sent(ORDERS))
    return msgspec.json.encode(found | {"createdAt": made, "customer": {"legacyResourceId": "77"}} | more)


def test_an_order_of_before_is_landed_anonymous_and_one_of_after_whole() -> None:
    known = forgotten(("customer", "77"))
    old, new = order("2026-02-28T10:00:00Z"), order("2026-03-02T10:00:00Z")
    left = known.judge(ORDERS, old)
    assert left is not None
    assert personal.parsed(left)["customer"] is None
    assert not known.returned
    assert personal.parsed(left)["totalPriceSet"] == personal.parsed(old)["totalPriceSet"]
    assert known.judge(ORDERS, new) == new
    assert len(known.returned) == 1


def test_an_order_known_to_be_erased_stays_so_whatever_it_says() -> None:
    known = forgotten()
    known.stones = {digest(b"k", "order", "text 1", "c", "s"): Stone(None, None)}
    left = known.judge(ORDERS, order("2026-12-01T10:00:00Z", legacyResourceId="text 1"))
    assert left is not None
    assert personal.parsed(left)["customer"] is None


def test_an_account_is_left_out_until_its_owner_is_back() -> None:
    known = forgotten(("customer", "77"))
    account = msgspec.json.encode(
        personal.parsed(sent(CUSTOMERS)) | {"legacyResourceId": "77", "createdAt": "2020-01-01T00:00:00Z"}
    )
    assert known.judge(CUSTOMERS, account) is None
    known.judge(ORDERS, order("2026-03-02T10:00:00Z"))
    assert known.judge(CUSTOMERS, account) == account


def test_somebody_else_is_landed_as_they_are() -> None:
    raw = order("2026-01-01T00:00:00Z")
    assert forgotten(("customer", "78"), ("email", "lin@example.com")).judge(ORDERS, raw) == raw


@pytest.mark.parametrize(
    ("written", "zone", "utc"),
    [
        (1772323200, "UTC", "2026-03-01T00:00:00+00:00"),
        ("1772323200", "UTC", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01 08:00:00", "Asia/Shanghai", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01 08:00:00 +0800", "UTC", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T00:00:00Z", "Asia/Shanghai", "2026-03-01T00:00:00+00:00"),
    ],
)
def test_moments_are_read_as_channels_write_them(written: Any, zone: str, utc: str) -> None:
    found = moment(written, ZoneInfo(zone))
    assert found is not None
    assert found.astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize("written", [None, "", 0, "yesterday", "0001-01-01", [], True, 10**30])
def test_what_is_no_moment_is_none(written: Any) -> None:
    found = moment(written, ZoneInfo("Asia/Shanghai"))
    assert found is None or found.year == 1
