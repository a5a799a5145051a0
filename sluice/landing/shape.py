"""From a stream's contract to its tables: which columns, which child tables, reached by which attributes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from sluice.channels.protocol import Stream
from sluice.landing.names import ShapeError, checked, snake

KEY_TYPES = ("text", "bigint")
RESERVED = ("shop", "_received_at", "_loaded_at", "_file_id", "_digest", "_deleted_at")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column. `kind` is what the contract holds there, `pg` the type that it is kept as.

    A "zoneless" time is one whose contract does not ask for a zone. `personal` is its mark, where it tells who somebody is.
    """

    attribute: str
    column: str
    kind: str
    pg: str
    nullable: bool
    personal: str | None = None

    @property
    def ordered(self) -> bool:
        """Whether its values compare in the warehouse as they do here."""
        return self.pg in ("timestamptz", "date", "bigint", "numeric") or self.kind == "str"


@dataclass(frozen=True, slots=True)
class Group:
    """A nested record: its columns stand in the row of the record around it."""

    attribute: str
    nullable: bool
    members: tuple["Member", ...]


@dataclass(frozen=True, slots=True)
class Children:
    """A list of records. `inner` is the one field of a transparent wrapper around the list."""

    attribute: str
    nullable: bool
    inner: str | None
    inner_nullable: bool
    item_nullable: bool
    table: "Table"


Member = Leaf | Group | Children


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema raw. `depth` is 0 for the stream's own, 1 for its lists, 2 for lists within those."""

    name: str
    depth: int
    members: tuple[Member, ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(member for member in _flat(self.members) if isinstance(member, Leaf))

    @property
    def children(self) -> tuple["Table", ...]:
        """The tables right below this one."""
        return tuple(member.table for member in _flat(self.members) if isinstance(member, Children))

    def all(self) -> Iterator["Table"]:
        """This table, then all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True, slots=True)
class Shape:
    """A stream as tables: the first is the stream's own."""

    stream: Stream
    tables: tuple[Table, ...]
    key: tuple[Leaf, ...]
    version: Leaf | None
    order: Leaf | None

    @property
    def main(self) -> Table:
        return self.tables[0]


@cache
def shape(connector: str, stream: Stream) -> Shape:
    """Compile the contract. Raises ShapeError where it holds something that has no place in a table."""
    main = _table(f"{connector}_{stream.name}", 0, _struct(stream.record), ())
    tables = tuple(main.all())
    for table in tables:
        _no_doubles(table.name, [leaf.column for leaf in table.leaves])
    _no_doubles("raw", [table.name for table in tables])
    leaves = {leaf.attribute: leaf for leaf in main.members if isinstance(leaf, Leaf)}
    for name in stream.key:
        if name not in leaves or leaves[name].nullable or leaves[name].pg not in KEY_TYPES:
            raise ShapeError(f"{main.name}: the key {name} must be a required text or int field of the record itself")
    for name in filter(None, (stream.version, stream.order_key)):
        if name not in leaves:
            raise ShapeError(f"{main.name}: {name} is no field of the record itself")
    if stream.version and not leaves[stream.version].ordered:
        raise ShapeError(f"{main.name}: the version {stream.version} has no order that PostgreSQL and Python share")
    key = tuple(leaves[name] for name in stream.key)
    return Shape(stream, tables, key, leaves.get(stream.version or ""), leaves.get(stream.order_key or ""))


def _no_doubles(where: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1 or name in RESERVED:
            raise ShapeError(f"{where}: two fields of the contract would be called {name}")


def _flat(members: tuple[Member, ...]) -> Iterator[Member]:
    for member in members:
        if isinstance(member, Group):
            yield from _flat(member.members)
        else:
            yield member


def _struct(record: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(record)
    assert isinstance(found, inspect.StructType)
    return found


def _table(name: str, depth: int, struct: inspect.StructType, above: tuple[type, ...]) -> Table:
    return Table(checked(name), depth, _members(name, depth, struct, "", above))


def _members(table: str, depth: int, struct: inspect.StructType, prefix: str, above: tuple[type, ...]) -> tuple[Member, ...]:
    if struct.cls in above:
        raise ShapeError(f"{table}: {struct.cls.__name__} holds itself")
    inside = (*above, struct.cls)
    return tuple(_member(table, depth, field, prefix, inside) for field in struct.fields)


def _member(table: str, depth: int, field: inspect.Field, prefix: str, above: tuple[type, ...]) -> Member:
    name = prefix + snake(field.name)
    kind, extra, nullable = _unwrapped(field.type, f"{table}.{name}")
    if isinstance(kind, inspect.StructType):
        inner = _only_list(kind)
        if inner is None:
            return Group(field.name, nullable, _members(table, depth, kind, name + "_", above))
        listed, _, inner_nullable = _unwrapped(inner.type, f"{table}.{name}")
        return _list(table, depth, field.name, name, nullable, listed, above, inner.name, inner_nullable)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return _list(table, depth, field.name, name, nullable, kind, above, None, False)
    found, pg = _kind(kind, f"{table}.{name}")
    if isinstance(kind, inspect.DateTimeType) and kind.tz is not True:
        found = "zoneless"
    return Leaf(field.name, checked(name), found, extra.get("pg", pg), nullable, extra.get("personal"))


def _only_list(struct: inspect.StructType) -> inspect.Field | None:
    """The one field of a record that is nothing but a wrapper around a list: GraphQL's nodes, TOP's singular name."""
    if len(struct.fields) != 1:
        return None
    kind, _, _ = _unwrapped(struct.fields[0].type, struct.cls.__name__)
    return struct.fields[0] if isinstance(kind, inspect.ListType | inspect.VarTupleType) else None


def _list(
    table: str,
    depth: int,
    attribute: str,
    name: str,
    nullable: bool,
    kind: Any,
    above: tuple[type, ...],
    inner: str | None,
    inner_nullable: bool,
) -> Member:
    item, _, item_nullable = _unwrapped(kind.item_type, f"{table}.{name}")
    if not isinstance(item, inspect.StructType):
        return Leaf(attribute, checked(name), "json", "jsonb", nullable)
    if depth == 2:
        raise ShapeError(f"{table}.{name}: lists are nested more than two deep")
    return Children(attribute, nullable, inner, inner_nullable, item_nullable, _table(f"{table}__{name}", depth + 1, item, above))


def _unwrapped(kind: inspect.Type, where: str) -> tuple[Any, dict[str, Any], bool]:
    """The type without annotation and None: (type, what the annotation says, nullable)."""
    extra: dict[str, Any] = {}
    nullable = False
    while True:
        if isinstance(kind, inspect.Metadata):
            extra |= kind.extra or {}
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            nullable = len(rest) < len(kind.types)
            if len(rest) != 1:
                raise ShapeError(f"{where}: a field of several types has no column")
            kind = rest[0]
        else:
            return kind, extra, nullable


_KINDS: dict[type, tuple[str, str]] = {
    inspect.StrType: ("str", "text"),
    inspect.IntType: ("int", "bigint"),
    inspect.BoolType: ("bool", "boolean"),
    inspect.DecimalType: ("decimal", "numeric"),
    inspect.DateTimeType: ("datetime", "timestamptz"),
    inspect.DateType: ("date", "date"),
    inspect.UUIDType: ("uuid", "uuid"),
    inspect.DictType: ("json", "jsonb"),
    inspect.AnyType: ("json", "jsonb"),
    inspect.RawType: ("raw", "jsonb"),
}


def _kind(kind: Any, where: str) -> tuple[str, str]:
    if isinstance(kind, inspect.LiteralType):
        return ("str", "text") if all(isinstance(value, str) for value in kind.values) else ("int", "bigint")
    if isinstance(kind, inspect.EnumType):
        return ("enum", "text") if all(isinstance(member.value, str) for member in kind.cls) else ("enum", "bigint")
    if type(kind) not in _KINDS:
        raise ShapeError(f"{where}: no column for {type(kind).__name__} (money is Decimal, never float)")
    return _KINDS[type(kind)]


def comparable(version: Any) -> tuple[bool, Any]:
    """A version as newest-wins orders it: none at all is older than any."""
    return (version is not None, 0 if version is None else version)
