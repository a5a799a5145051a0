"""From Tryton's answers to records of the contract: numbers and times as objects with a `__class__`, references read through
as "x." beside x."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct, inspect
from msgspec.inspect import ListType, Metadata, NoneType, StructType, UnionType

from sluice.channels.protocol import Stream

OWN = ("changed_at", "warehouse", "free", "credits")
"""Fields of contracts that Tryton has not in that place: they are made here."""
TIME = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of an answer; of stock only what is there."""
    answer = msgspec.json.decode(body)
    found = [plain(record) for record in answer["result"]]
    if "free" in answer:
        found = list(_at_warehouse(found, answer["free"], context["warehouse"]))
    for record in found:
        if isinstance(record, dict) and "create_date" in record:
            record["changed_at"] = record.get("write_date") or record["create_date"]
        yield msgspec.json.encode(record)


def _at_warehouse(found: list[Any], free: list[dict[str, Any]], warehouse: int) -> Iterable[dict[str, Any]]:
    free_by_id = {record["id"]: record.get("quantity") for record in free}
    for record in found:
        if record.get("quantity") or free_by_id.get(record["id"]):
            # One that came to the catalogue between the two calls has nothing assigned yet.
            yield record | {"warehouse": warehouse, "free": free_by_id.get(record["id"], record.get("quantity"))}


def plain(value: Any) -> Any:
    """JSON as the contract means it. What is none of Tryton's own stays, for the contract to judge."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "__class__" in value:
        try:
            return _typed(value)
        except (KeyError, TypeError, ValueError):
            return value
    through = {name[:-1]: plain(one) for name, one in value.items() if name.endswith(".")}
    return {name: plain(one) for name, one in value.items() if not name.endswith(".")} | through


def _typed(value: dict[str, Any]) -> Any:
    if value["__class__"] == "Decimal":
        return value["decimal"]
    if value["__class__"] == "datetime":
        return datetime(*(value[part] for part in TIME)).replace(tzinfo=UTC).isoformat()
    if value["__class__"] == "date":
        return date(*(value[part] for part in TIME[:3])).isoformat()
    return value


def written(moment: datetime) -> dict[str, Any]:
    """A time as Tryton takes it: UTC, without saying so."""
    moment = moment.astimezone(UTC)
    return {"__class__": "datetime", **{part: getattr(moment, part) for part in TIME}}


def written_day(day: date) -> dict[str, Any]:
    """A day as Tryton takes it."""
    return {"__class__": "date", **{part: getattr(day, part) for part in TIME[:3]}}


def asked(record: type[Struct]) -> dict[str, bool]:
    """The fields that a contract asks for, references and lists read through ("party.name"), and whether each must be there."""
    found = inspect.type_info(record)
    assert isinstance(found, StructType)
    wanted: dict[str, bool] = {}
    for field in found.fields:
        kind, name = _kind(field.type), field.encode_name
        if name in OWN and (name != "warehouse" or "free" in record.__struct_fields__):
            continue
        if isinstance(kind, StructType):
            wanted |= {f"{name}.{deeper}": field.required and must for deeper, must in asked(kind.cls).items() if deeper != "id"}
        else:
            wanted[name] = field.required
    return wanted


def _kind(kind: Any) -> Any:
    """The type without annotation, None and list of."""
    if isinstance(kind, Metadata):
        return _kind(kind.type)
    if isinstance(kind, ListType):
        return _kind(kind.item_type)
    if isinstance(kind, UnionType):
        return next(found for found in map(_kind, kind.types) if not isinstance(found, NoneType))
    return kind
