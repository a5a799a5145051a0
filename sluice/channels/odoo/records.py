"""From Odoo's answers to records of the contract: false for nothing, times without a zone, references as [id, name]."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw, Struct, inspect
from msgspec.inspect import BoolType, DateTimeType, ListType, Metadata, StructType, UnionType

from sluice.channels.protocol import Stream

NULL = Raw(b"null")
Plain = Callable[[Raw], Raw]


class _Records(Struct):
    result: list[Raw]


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of an answer: null where Odoo says false for nothing, and Z on its times, which are UTC without saying so."""
    plain = _of_struct(stream.record)
    for record in msgspec.json.decode(body, type=_Records).result:
        yield bytes(plain(record))


def asked(record: type[Struct]) -> dict[str, bool]:
    """The fields of a contract that Odoo is asked for, and whether each must be there. What has a default may be missing."""
    fields = msgspec.structs.fields(record)
    kinds = {field.encode_name: _kind(field.type) for field in _struct(record).fields}
    return {field.encode_name: field.required for field in fields if not _is_list_of_records(kinds[field.encode_name])}


def _is_list_of_records(kind: Any) -> bool:
    return isinstance(kind, ListType) and isinstance(_kind(kind.item_type), StructType)


def _struct(record: type[Struct]) -> StructType:
    found = inspect.type_info(record)
    assert isinstance(found, StructType)
    return found


def _kind(kind: Any) -> Any:
    """The type without annotation and None."""
    if isinstance(kind, Metadata):
        return _kind(kind.type)
    if isinstance(kind, UnionType):
        return next(found for found in map(_kind, kind.types) if not isinstance(found, inspect.NoneType))
    return kind


@cache
def _of_struct(record: type[Struct]) -> Plain:
    fields = {field.encode_name: _of(_kind(field.type)) for field in _struct(record).fields}

    def plain(value: Raw) -> Raw:
        if not bytes(value).startswith(b"{"):
            return value  # no record: the contract will say so
        found = msgspec.json.decode(value, type=dict[str, Raw])
        return Raw(msgspec.json.encode({name: fields[name](raw) if name in fields else raw for name, raw in found.items()}))

    return plain


def _of(kind: Any) -> Plain:
    """How a value of this type is put right."""
    if isinstance(kind, BoolType):
        return lambda value: value
    if isinstance(kind, DateTimeType):
        return _time
    if isinstance(kind, StructType):
        return _reference if kind.array_like else _unless_nothing(_of_struct(kind.cls))
    if _is_list_of_records(kind):
        return _unless_nothing(_each(_of_struct(_kind(kind.item_type).cls)))
    return _unless_nothing(lambda value: value)


def _unless_nothing(plain: Plain) -> Plain:
    return lambda value: NULL if bytes(value) == b"false" else plain(value)


def _each(plain: Plain) -> Plain:
    def each(value: Raw) -> Raw:
        if not bytes(value).startswith(b"["):
            return value
        return Raw(msgspec.json.encode([plain(one) for one in msgspec.json.decode(value, type=list[Raw])]))

    return each


def _time(value: Raw) -> Raw:
    text = bytes(value)
    if text == b"false":
        return NULL
    return Raw(text[:-1] + b'Z"') if text.endswith(b'"') else value


def _reference(value: Raw) -> Raw:
    """A record that has no name of its own shows as [5, false]."""
    text = bytes(value)
    if text == b"false":
        return NULL
    return Raw(text.removesuffix(b"false]") + b"null]") if text.endswith(b"false]") else value
