"""Records read back from their rows: what a contract's record was before it became rows, as far as its rows tell."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, inspect

from sluice.landing.delivery import Key
from sluice.landing.names import quoted
from sluice.landing.shape import Children, Group, Leaf, Member, Table
from sluice.landing.store import Store

Place = tuple[int, ...]
"""Where a row stands within its record: nothing, its position, or its parent's position and its own."""
Rows = dict[tuple[str, Key, Place], list[tuple[int, tuple[Any, ...]]]]
"""(position, cells) of a table's rows by (table, key of the record, place of the row around them), in order."""
KEPT = (datetime, date, Decimal, UUID)
"""Types that a row already holds as the record does."""


def held(store: Store, keys: Collection[Key]) -> dict[Key, Struct]:
    """The records that the stream's tables hold of these keys. Flattened again, each gives the rows that it was read from."""
    if not keys:
        return {}
    rows = _rows(store, keys)
    kind = _kind(store.shape.stream.record)
    found: dict[Key, Struct] = {}
    for (table, key, _), mains in rows.items():
        if table != store.shape.main.name:
            continue
        ((_, cells),) = mains
        made = _Reading(rows, key).record(store.shape.main.members, kind, iter(cells), ())
        found[key] = msgspec.convert(made, store.shape.stream.record, strict=False, builtin_types=KEPT)
    return found


def _rows(store: Store, keys: Collection[Key]) -> Rows:
    """All rows of these records: one query a table, sent together."""
    width, found = len(store.shape.key), Rows()
    arrays = store.columns(keys)
    with store.db.pipeline():
        cursors = [store.db.execute(_query(store, table), (*arrays, store.shop)) for table in store.shape.tables]
    for table, cursor in zip(store.shape.tables, cursors, strict=True):
        for row in cursor:
            above = row[width : width + max(0, table.depth - 1)]
            position = row[width + table.depth - 1] if table.depth else 0
            found.setdefault((table.name, row[:width], above), []).append((position, row[width + table.depth :]))
    return found


def _query(store: Store, table: Table) -> str:
    prefix = "_parent_" if table.depth else ""
    key = [f"m.{quoted(prefix + leaf.column)}::text" for leaf in store.shape.key]
    place = [f"m.{name}" for name in ("_parent_position", "_position")[2 - table.depth :]]
    leaves = [f"m.{quoted(leaf.column)}" for leaf in table.leaves]
    on_key = " and ".join(
        f"m.{quoted(prefix + leaf.column)} = d.k{number}::{leaf.pg}" for number, leaf in enumerate(store.shape.key)
    )
    order = f" order by {', '.join(place)}" if place else ""
    return (
        f"select {', '.join([*key, *place, *leaves])} from {store.unnested}) as d ({store.names})"
        f" inner join raw.{quoted(table.name)} as m on m.shop = %s and {on_key}{order}"
    )


class _Reading:
    """One record being put together."""

    def __init__(self, rows: Rows, key: Key) -> None:
        self.rows = rows
        self.key = key

    def record(self, members: tuple[Member, ...], kind: inspect.StructType, cells: Iterator[Any], place: Place) -> dict[str, Any]:
        """A record by the names that its fields are sent under; cells come in the order of the table's leaves."""
        fields = {field.name: field for field in kind.fields}
        made: dict[str, Any] = {}
        for member in members:
            field = fields[member.attribute]
            made[field.encode_name] = self._member(member, field, cells, place)
        return made

    def _member(self, member: Member, field: inspect.Field, cells: Iterator[Any], place: Place) -> Any:
        if isinstance(member, Leaf):
            value = next(cells)
            return msgspec.Raw(msgspec.json.encode(value)) if member.kind == "raw" and value is not None else value
        if isinstance(member, Group):
            made = self.record(member.members, _struct(field.type), cells, place)
            return None if member.nullable and _empty(made) else made
        return self._children(member, field, place)

    def _children(self, member: Children, field: inspect.Field, place: Place) -> Any:
        rows = self.rows.get((member.table.name, self.key, place), [])
        if not rows and member.nullable:
            return None
        listed, wrapper = _plain(field.type), None
        if member.inner:
            (inner,) = listed.fields
            listed, wrapper = _plain(inner.type), inner.encode_name
        kind, members = _struct(listed.item_type), member.table.members
        records = [self.record(members, kind, iter(cells), (*place, position)) for position, cells in rows]
        return {wrapper: records} if wrapper else records


def _empty(value: Any) -> bool:
    """Whether nothing was kept of it: a record that was not there is one of empty columns."""
    return all(map(_empty, value.values())) if isinstance(value, dict) else value in (None, [])


@cache
def _kind(record: type[Struct]) -> inspect.StructType:
    return _struct(inspect.type_info(record))


def _plain(kind: Any) -> Any:
    """The type without annotation and None."""
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            kind = kind.type
        else:
            kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return kind


def _struct(kind: Any) -> inspect.StructType:
    found = _plain(kind)
    assert isinstance(found, inspect.StructType)
    return found
