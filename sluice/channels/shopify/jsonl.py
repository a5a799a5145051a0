"""A bulk operation's answer put together: a record a line, what belongs to it on lines of its own, anywhere in the file.

Lines are joined by id in a database beside them on disk, so that memory does not grow with the shop. No number is read: each
record is made of the bytes that came.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Raw

from sluice.channels.shopify.bulk_query import CHILDREN

log = logging.getLogger(__name__)
TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
create table parent (id text, changed real, line blob);
create table child (parent text, field text, line blob);
"""
INDEXES = """
create index by_change on parent (changed);
create index by_parent on child (parent);
"""
AT_ONCE = 5000
"""Lines put into the database together."""


class Line(msgspec.Struct):
    id: str
    parent: str | None = msgspec.field(name="__parentId", default=None)
    updatedAt: str | None = None


Fields = dict[str, Raw]
Row = tuple[str, float | None, str | None, str | None, bytes]


class Broken(ValueError):
    """A line that is no record: the file did not come whole."""


class Joined:
    """The lines of one file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def load(self, lines: Iterable[bytes]) -> int:
        """Take them in; how many there were. Raises Broken."""
        self._db.executescript(TABLES)
        rows, loaded = (_row(line) for line in lines if line.strip()), 0
        while some := list(islice(rows, AT_ONCE)):
            loaded += len(some)
            parents = [(ident, changed, line) for ident, changed, parent, _, line in some if parent is None]
            children = [(parent, field, line) for _, _, parent, field, line in some if parent is not None and field]
            self._db.executemany("insert into parent values (?, ?, ?)", parents)
            self._db.executemany("insert into child values (?, ?, ?)", children)
        self._db.executescript(INDEXES)
        return loaded

    def records(self, since: datetime, connections: tuple[str, ...]) -> Iterator[Raw]:
        """Records that changed at `since` or later, oldest change first, each with its connections as a page has them.

        One that does not say when it changed comes first: it is landing's to judge.
        """
        found = self._db.execute(
            "select id, line from parent where changed is null or changed >= ? order by changed, rowid", (since.timestamp(),)
        )
        for ident, line in found:
            sets: dict[str, list[Raw]] = {name: [] for name in connections}
            for field, child in self._db.execute("select field, line from child where parent = ? order by rowid", (ident,)):
                fields = msgspec.json.decode(child, type=Fields)
                del fields["__parentId"]
                sets[field].append(_raw(fields))
            whole = {name: _raw({"nodes": nodes, "pageInfo": {"hasNextPage": False}}) for name, nodes in sets.items()}
            yield _raw(msgspec.json.decode(line, type=Fields) | whole)


@contextmanager
def joining(folder: Path) -> Iterator[Joined]:
    """A place for one file's lines, in a folder that is there."""
    with closing(sqlite3.connect(folder / "joined.sqlite", isolation_level=None, check_same_thread=False)) as db:
        yield Joined(db)


def _row(line: bytes) -> Row:
    try:
        read = msgspec.json.decode(line, type=Line)
        changed = datetime.fromisoformat(read.updatedAt).timestamp() if read.updatedAt and not read.parent else None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as fault:
        raise Broken(f"a line of a bulk operation's file is no record: {fault}") from fault
    if read.parent is None:
        return read.id, changed, None, None, line
    kind = read.id.split("/")[-2] if read.id.count("/") > 1 else read.id
    if kind not in CHILDREN:
        log.warning("a bulk operation's file tells of %s, which nobody asked for", kind)
    return read.id, None, read.parent, CHILDREN.get(kind), line


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
