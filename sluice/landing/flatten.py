"""The function that turns a record into rows of COPY text, written as source once a contract: no loop over columns is left."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from sluice.channels.protocol import Stream
from sluice.landing.names import quoted
from sluice.landing.shape import Children, Group, Leaf, Member, Table, shape

Flat = tuple[str, ...]
"""A record as COPY text: one string a table, in the shape's order, each of whole lines."""
Flatten = Callable[[Any, str, str], Flat]
"""(record, shop, the main row's last columns with the line's end) -> Flat. Raises Unfit."""


class Unfit(ValueError):
    """A record that keeps its contract but has no place in PostgreSQL."""


@cache
def flatteners(connector: str, stream: Stream) -> tuple[Flatten, Flatten]:
    """(for records whose JSON holds no backslash, for any record).

    In JSON whatever COPY text must escape is written with a backslash, so a record without one needs no look at its text.
    """
    return _compiled(connector, stream, escaping=False), _compiled(connector, stream, escaping=True)


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


def copy_statement(table: Table, key: tuple[Leaf, ...]) -> str:
    """COPY of flattened rows into `table`."""
    return f"copy raw.{quoted(table.name)} ({', '.join(map(quoted, columns(table, key)))}) from stdin"


def escaped(text: str) -> str:
    """Text as COPY reads it. Raises Unfit on U+0000, which PostgreSQL cannot store."""
    if "\x00" in text:
        raise Unfit("a text holds U+0000 or half a surrogate pair, which PostgreSQL cannot store")
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _finite() -> Unfit:
    return Unfit("a number is not finite")


def _zoneless(column: str) -> Unfit:
    return Unfit(f"{column} is a time without a zone")


def _compiled(connector: str, stream: Stream, escaping: bool) -> Flatten:
    source = _Source(connector, stream, escaping).text()
    encode = msgspec.json.Encoder().encode
    text = escaped if escaping else str
    scope: dict[str, Any] = {
        "e": escaped,
        "n": "\\N",
        "finite": _finite,
        "zoneless": _zoneless,
        "time": lambda value: encode(value)[1:-1].decode(),
        "json": lambda value: text(encode(value).decode()),
        "raw": lambda value: text(bytes(value).decode()),
    }
    exec(compile(source, f"<flatten {connector}_{stream.name}>", "exec"), scope)
    flatten: Flatten = scope["flatten"]
    return flatten


class _Source:
    """Source text of one flattener."""

    def __init__(self, connector: str, stream: Stream, escaping: bool) -> None:
        self.shape = shape(connector, stream)
        self.escaping = escaping
        self.lines: list[str] = []
        self.used = 0

    def text(self) -> str:
        numbers = {table.name: number for number, table in enumerate(self.shape.tables)}
        self.line(0, "def flatten(r, shop, tail):")
        for number in range(1, len(numbers)):
            self.line(1, f"rows{number} = []")
        key = self.key()
        cells = self.members(self.shape.main.members, "r", 1, numbers, f"{{shop}}\\t{key}\\t", None)
        main = "\\t".join(["{shop}", *cells, "{tail}"])
        rest = "".join(f", ''.join(rows{number})" for number in range(1, len(numbers)))
        self.line(1, f"return (f'{main}'{rest},)")
        return "\n".join(self.lines)

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self) -> str:
        self.used += 1
        return f"v{self.used}"

    def key(self) -> str:
        """The parent's key, as each child row begins."""
        cells = []
        for leaf in self.shape.key:
            name = self.name()
            self.line(1, f"{name} = " + self.written(leaf, f"r.{leaf.attribute}"))
            cells.append(f"{{{name}}}")
        return "\\t".join(cells)

    def members(
        self, members: tuple[Member, ...], of: str, depth: int, numbers: dict[str, int], head: str, position: str | None
    ) -> list[str]:
        """Lines that read `members` from the variable `of`; the cells of the row they stand in."""
        cells: list[str] = []
        for member in members:
            if isinstance(member, Leaf):
                cells.append(self.leaf(member, of, depth))
            elif isinstance(member, Group):
                cells += self.group(member, of, depth, numbers, head, position)
            else:
                self.children(member, of, depth, numbers, head, position)
        return cells

    def leaf(self, leaf: Leaf, of: str, depth: int) -> str:
        name = self.name()
        self.line(depth, f"{name} = {of}.{leaf.attribute}")
        checks = {
            "decimal": f"if not {name}.is_finite(): raise finite()",
            "datetime": f"if {name}.tzinfo is None: raise zoneless('{leaf.column}')",
        }
        written = self.written(leaf, name)
        if leaf.nullable or leaf.kind == "json":
            self.line(depth, f"if {name} is None: {name} = n")
            if leaf.kind in checks or written != name:
                self.line(depth, "else:")
                depth += 1
        if leaf.kind in checks:
            self.line(depth, checks[leaf.kind])
        if written != name:
            self.line(depth, f"{name} = {written}")
        return f"{{{name}}}"

    def written(self, leaf: Leaf, value: str) -> str:
        """The expression that makes a value COPY text."""
        if leaf.kind == "enum":
            value = f"{value}.value"
        if leaf.kind in ("str", "enum") and leaf.pg == "text" and self.escaping:
            return f"e({value})"
        return {"decimal": f"str({value})", "datetime": f"time({value})", "json": f"json({value})", "raw": f"raw({value})"}.get(
            leaf.kind, value
        )

    def group(
        self, group: Group, of: str, depth: int, numbers: dict[str, int], head: str, position: str | None
    ) -> list[str]:
        name = self.name()
        self.line(depth, f"{name} = {of}.{group.attribute}")
        if not group.nullable:
            return self.members(group.members, name, depth, numbers, head, position)
        self.line(depth, f"if {name} is not None:")
        self.line(depth + 1, "pass")
        cells = self.members(group.members, name, depth + 1, numbers, head, position)
        if cells:
            self.line(depth, "else:")
            self.line(depth + 1, " = ".join(cell[1:-1] for cell in cells) + " = n")
        return cells

    def children(
        self, children: Children, of: str, depth: int, numbers: dict[str, int], head: str, position: str | None
    ) -> None:
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
        cells = self.members(children.table.members, item, depth + 1, numbers, head, index)
        place = head + (f"{{{position}}}\\t" if position else "") + f"{{{index}}}"
        row = "\\t".join([place, *cells])
        self.line(depth + 1, f"rows{numbers[children.table.name]}.append(f'{row}\\n')")
