"""What is personal in a stream's records, by the marks of its contract: found in a record as it came, and taken out of it.

Works on records as they were sent, whether or not they keep their contract, so that what waits in quarantine is treated alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw, Struct, inspect

from sluice.channels.protocol import Connector, Stream


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value. `kind` is its mark, None where it is not personal; `blank` is what stands there once it is taken out."""

    kind: str | None
    blank: Any


@dataclass(frozen=True, slots=True)
class Group:
    """A record within. `vanishes` where nothing would be left of it, and it need not be there."""

    fields: tuple[tuple[str, "Node"], ...]
    is_array: bool
    vanishes: bool


@dataclass(frozen=True, slots=True)
class Many:
    item: "Node"


Node = Leaf | Group | Many

BLANKS: dict[type, Any] = {inspect.StrType: "", inspect.IntType: 0, inspect.ListType: [], inspect.DictType: {}}


@cache
def tree(contract: type[Struct]) -> Group:
    """A contract as far as it matters here."""
    found = _node(inspect.type_info(contract))
    assert isinstance(found, Group)
    return found


@cache
def key_is_personal(stream: Stream) -> bool:
    """Whether the stream's records are customers': keyed by a customer's id."""
    return "customer" in _key_kinds(stream)


def accounts(connector: Connector) -> list[str]:
    """Names of the streams of customers."""
    return [stream.name for stream in connector.streams if key_is_personal(stream)]


@cache
def is_personal(stream: Stream) -> bool:
    """Whether the contract marks anything, or its records belong to orders, whose texts may name somebody."""
    return any(leaf.kind for leaf in _leaves(tree(stream.record))) or stream.order_key is not None


def parsed(raw: bytes) -> Any:
    """A record as plain values; numbers with a point stay as they were written. Raises msgspec's errors, ValueError."""
    return _decode(raw)


def written(record: Any) -> bytes:
    return msgspec.json.encode(record)


_decode = msgspec.json.Decoder(float_hook=lambda digits: Raw(digits.encode())).decode


def marks(contract: type[Struct], record: Any) -> Iterator[tuple[str, str]]:
    """(kind, value) of everything personal in a record that was `parsed`."""
    yield from _marks(tree(contract), record)


def without(contract: type[Struct], record: Any, scrub: Callable[[str], str]) -> Any:
    """The record without what is personal, and without what the contract does not read; `scrub` goes over all texts that stay."""
    return _without(tree(contract), record, scrub)


def field(stream: Stream, record: Any, name: str | None) -> Any:
    """A field of the record itself, by the contract's name for it; None where there is none."""
    sent = _names(stream.record).get(name or "")
    return record.get(sent) if isinstance(record, dict) and sent else None


@cache
def _names(contract: type[Struct]) -> dict[str, str]:
    return {one.name: one.encode_name for one in msgspec.structs.fields(contract)}


def texts(record: Any) -> Iterator[str]:
    """All texts and whole numbers in a record of any form."""
    if isinstance(record, dict):
        for value in record.values():
            yield from texts(value)
    elif isinstance(record, list):
        for value in record:
            yield from texts(value)
    elif isinstance(record, str) or (isinstance(record, int) and not isinstance(record, bool)):
        yield str(record)


def scrubbed(record: Any, scrub: Callable[[str], str]) -> Any:
    """A record of any form, its texts scrubbed."""
    if isinstance(record, dict):
        return {name: scrubbed(value, scrub) for name, value in record.items()}
    if isinstance(record, list):
        return [scrubbed(value, scrub) for value in record]
    return scrub(record) if isinstance(record, str) else record


def _marks(node: Node, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Group):
        for inner, child in _children(node, value):
            yield from _marks(inner, child)
    elif isinstance(node, Many):
        for child in value if isinstance(value, list) else ():
            yield from _marks(node.item, child)
    elif node.kind and value and isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        yield node.kind, str(value)


def _children(node: Group, value: Any) -> Iterator[tuple[Node, Any]]:
    if node.is_array and isinstance(value, list):
        yield from ((inner, child) for (_, inner), child in zip(node.fields, value, strict=False))
    elif isinstance(value, dict):
        yield from ((inner, value[name]) for name, inner in node.fields if name in value)


def _without(node: Node, value: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(node, Leaf):
        return node.blank if node.kind else scrubbed(value, scrub)
    if isinstance(node, Many):
        return [_without(node.item, child, scrub) for child in value] if isinstance(value, list) else _unread(value)
    if node.vanishes:
        return None
    if node.is_array and isinstance(value, list):
        return [_without(inner, child, scrub) for inner, child in _children(node, value)]
    if isinstance(value, dict):
        return {name: _without(inner, value[name], scrub) for name, inner in node.fields if name in value}
    return _unread(value)


def _unread(value: Any) -> Any:
    """A record or list that is none: nothing of it can be kept but that it was not there, as null and Odoo's false say."""
    return value if value is None or value is False else ""


def _node(kind: inspect.Type) -> Node:
    mark, plain, nullable = _unwrapped(kind)
    if isinstance(plain, inspect.StructType):
        fields = tuple((field.encode_name, _node(field.type)) for field in plain.fields)
        kept = [leaf for _, node in fields for leaf in _leaves(node) if not leaf.kind]
        return Group(fields, plain.array_like, nullable and not kept)
    if isinstance(plain, inspect.ListType | inspect.VarTupleType):
        item = _node(plain.item_type)
        if not isinstance(item, Leaf):
            return Many(item)
    return Leaf(mark, None if nullable else BLANKS.get(type(plain)))


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Many):
        yield from _leaves(node.item)
    else:
        for _, inner in node.fields:
            yield from _leaves(inner)


def _unwrapped(kind: inspect.Type) -> tuple[str | None, inspect.Type, bool]:
    """(mark, the type without annotation and None, nullable)."""
    mark, nullable = None, False
    while True:
        if isinstance(kind, inspect.Metadata):
            mark = (kind.extra or {}).get("personal", mark)
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            nullable = len(rest) < len(kind.types)
            if len(rest) != 1:
                return mark, kind, nullable
            kind = rest[0]
        else:
            return mark, kind, nullable


def _key_kinds(stream: Stream) -> set[str | None]:
    found = inspect.type_info(stream.record)
    assert isinstance(found, inspect.StructType)
    return {_unwrapped(field.type)[0] for field in found.fields if field.name in stream.key}
