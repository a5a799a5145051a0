"""The function that turns a record into rows for COPY. It is written as source, once a contract: no loop over columns is left.

A row is gathered as a tuple and written as JSON by msgspec, in C. Without its brackets that is a line of CSV whose escape
character is the backslash, which PostgreSQL reads; `copy_text` mends the escapes that JSON has beyond CSV's.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from sluice.channels.protocol import Stream
from sluice.landing.names import quoted
from sluice.landing.shape import Children, Group, Leaf, Member, Table, shape

Flat = tuple[bytes, ...]
"""A record as rows: a table's lines, the last without its end, in the shape's order."""
Flatten = Callable[[Any, str, tuple[Any, ...]], Flat]
"""(record, shop, the main row's last columns) -> Flat. Raises Unfit."""


class Unfit(ValueError):
    """A record that keeps its contract but has no place in PostgreSQL."""


def columns(table: Table, key: tuple[Leaf, ...]) -> list[str]:
    """The columns of a flattened row, in order."""
    own = [leaf.column for leaf in table.leaves]
    if table.depth == 0:
        return ["shop", *own, "_received_at", "_file_id", "_digest"]
    return ["shop", *place(table, key), *own]


def place(table: Table, key: tuple[Leaf, ...]) -> list[str]:
    """What tells one row of a child table from another, beside the shop."""
    parents = [f"_parent_{leaf.column}" for leaf in key]
    return [*parents, *(["_parent_position"] if table.depth == 2 else []), "_position"]


def key_columns(table: Table, key: tuple[Leaf, ...]) -> list[str]:
    """The columns of the table's primary key. Most rows are those of child tables, and a channel has few shops: there the shop
    comes last, so that what tells two rows apart is compared first.
    """
    return [*place(table, key), "shop"] if table.depth else ["shop", *(leaf.column for leaf in key)]


def copy_statement(table: Table, key: tuple[Leaf, ...], schema: str = "raw") -> str:
    """COPY of flattened rows into `table`."""
    names = ", ".join(map(quoted, columns(table, key)))
    return f"copy {schema}.{quoted(table.name)} ({names}) from stdin (format csv, null 'null', escape '\\')"


_ESCAPE = re.compile(rb'\\(?:(["\\])|u00(..)|(.))')
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def copy_text(rows: bytes) -> bytes:
    """Rows as COPY reads them: control characters, which JSON escapes, as they are."""
    return _ESCAPE.sub(_control, rows) if b"\\" in rows else rows


def _control(found: re.Match[bytes]) -> bytes:
    kept, code, letter = found.groups()
    if kept:
        return found[0]
    return bytes([int(code, 16)]) if code else _CONTROLS[letter]


@cache
def flattener(connector: str, stream: Stream) -> Flatten:
    """The flattening function of a contract, compiled."""
    encode = msgspec.json.Encoder().encode
    scope: dict[str, Any] = {
        "encode": encode,
        "end": b"\n",
        "json": lambda value: encode(value).decode(),
        "raw": lambda value: bytes(value).decode(),
        "infinite": lambda column: Unfit(f"{column} is no finite number"),
        "zoneless": lambda column: Unfit(f"{column} is a time without a zone"),
    }
    source = _Source(connector, stream).text()
    exec(compile(source, f"<flatten {connector}_{stream.name}>", "exec"), scope)
    flatten: Flatten = scope["flatten"]
    return flatten


class _Source:
    """Source text of one flattener."""

    def __init__(self, connector: str, stream: Stream) -> None:
        self.shape = shape(connector, stream)
        self.numbers = {table.name: number for number, table in enumerate(self.shape.tables)}
        self.head = ["shop", *(f"r.{leaf.attribute}" for leaf in self.shape.key)]
        self.lines: list[str] = []
        self.used = 0

    def text(self) -> str:
        self.line(0, "def flatten(r, shop, tail):")
        for number in range(1, len(self.numbers)):
            self.line(1, f"rows{number} = []")
        cells = self.members(self.shape.main.members, "r", 1, None)
        self.line(1, f"main = encode((shop, {', '.join(cells)}, *tail))[1:-1]")
        joined = [f"end.join(rows{number})" for number in range(1, len(self.numbers))]
        self.line(1, f"return ({', '.join(['main', *joined])},)")
        return "\n".join(self.lines)

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self) -> str:
        self.used += 1
        return f"v{self.used}"

    def members(self, members: tuple[Member, ...], of: str, depth: int, position: str | None) -> list[str]:
        """Lines that read `members` from the variable `of`; the cells of the row that they stand in."""
        cells: list[str] = []
        for member in members:
            if isinstance(member, Leaf):
                cells.append(self.leaf(member, of, depth))
            elif isinstance(member, Group):
                cells += self.group(member, of, depth, position)
            else:
                self.children(member, of, depth, position)
        return cells

    def leaf(self, leaf: Leaf, of: str, depth: int) -> str:
        check = {
            "decimal": f"not {{}}.is_finite(): raise infinite('{leaf.column}')",
            "zoneless": f"{{}}.tzinfo is None: raise zoneless('{leaf.column}')",
        }.get(leaf.kind)
        if leaf.kind not in ("json", "raw") and not check:
            return f"{of}.{leaf.attribute}"
        name = self.name()
        self.line(depth, f"{name} = {of}.{leaf.attribute}")
        guard = f"{name} is not None and " if leaf.nullable else ""
        if check:
            self.line(depth, f"if {guard}{check.format(name)}")
            return name
        return f"None if {name} is None else {leaf.kind}({name})"

    def group(self, group: Group, of: str, depth: int, position: str | None) -> list[str]:
        name = self.name()
        self.line(depth, f"{name} = {of}.{group.attribute}")
        if not group.nullable:
            return self.members(group.members, name, depth, position)
        self.line(depth, f"if {name} is not None:")
        self.line(depth + 1, "pass")
        names = []
        for cell in self.members(group.members, name, depth + 1, position):
            names.append(self.name())
            self.line(depth + 1, f"{names[-1]} = {cell}")
        if names:
            self.line(depth, "else:")
            self.line(depth + 1, " = ".join(names) + " = None")
        return names

    def children(self, children: Children, of: str, depth: int, position: str | None) -> None:
        name, item, index = self.name(), self.name(), self.name()
        self.line(depth, f"{name} = {of}.{children.attribute}")
        if children.inner:
            inner = f"{name}.{children.inner}"
            self.line(depth, f"{name} = {inner} if {name} is not None else None" if children.nullable else f"{name} = {inner}")
        if children.nullable or children.inner_nullable:
            self.line(depth, f"if {name}:")
            depth += 1
        self.line(depth, f"for {index}, {item} in enumerate({name}):")
        if children.item_nullable:
            self.line(depth + 1, f"if {item} is None: continue")
        cells = self.members(children.table.members, item, depth + 1, index)
        row = ", ".join([*self.head, *([position] if position else []), index, *cells])
        self.line(depth + 1, f"rows{self.numbers[children.table.name]}.append(encode(({row}))[1:-1])")
