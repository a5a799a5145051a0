"""Bulk operations: a query that is worked on between two looks, and its answer as a file of lines.

Each record is a line; members of its connections are lines of their own that name their parent, far behind it: ungrouped,
as they are asked for, Shopify promises no order.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any
from weakref import finalize

import msgspec

from sluice.sandbox.graphql import Field, GraphQLError, Selection, parse, select
from sluice.sandbox.shopify.records import Record, gid, stamp

BLOCK = 1 << 20
AT_A_TIME = 5
"""Operations of one shop that may run at once, from version 2026-01 on."""
DEEPEST, MOST = 2, 5
"""Connections inside a root's, and connections in all."""
PATIENCE = 5.0
"""Seconds that a look waits for the file: a small shop's is there at the third look, a large one's when it is."""
STEPS = ("CREATED", "RUNNING", "COMPLETED")


@dataclass
class Operation:
    """What was asked, and what has become of it. `ending` is how it will end: a status, and an error's code."""

    ident: str
    query: str
    created: datetime
    root: Field
    ending: tuple[str, str | None] = ("COMPLETED", None)
    looks: int = 0
    file: int | None = None
    objects: int = 0

    @property
    def status(self) -> str:
        return ("CREATED", "RUNNING", self.ending[0])[min(self.looks, 2)]


@dataclass
class Operations:
    """The operations of one shop. `rows` gives the records of a root field.

    `ending` is how operations will end, `lost` how many lines their files lack, `locked` that files are refused.
    """

    rows: Callable[[Field], Iterator[Record]]
    now: Callable[[], datetime]
    ending: tuple[str, str | None] = ("COMPLETED", None)
    lost: int = 0
    locked: bool = False
    _known: dict[str, Operation] = field(default_factory=dict)
    _files: dict[tuple[str, datetime], Future[tuple[int, int]]] = field(default_factory=dict)
    _beside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "bulk"))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, text: str) -> Record:
        """As bulkOperationRunQuery answers."""
        try:
            [root] = parse(text).bound({})
            check(root)
        except (GraphQLError, ValueError) as fault:
            return _refused(str(fault), "INVALID")
        if sum(one.status in STEPS[:2] for one in self._known.values()) >= AT_A_TIME:
            return _refused("Bulk operations limit reached. Please try again later.", "LIMIT_REACHED")
        one = Operation(gid("BulkOperation", next(self._numbers)), text, self.now(), root, self.ending)
        self._known[one.ident] = one
        return {"bulkOperation": _shown(one, None), "userErrors": []}

    def look(self, ident: str, address: str) -> Record | None:
        """As bulkOperation(id) answers; an operation goes on by being looked at."""
        one = self._known.get(ident)
        if one is None:
            return None
        one.looks += 1
        if one.status == "COMPLETED" and one.file is None:
            try:
                one.file, one.objects = self._writing(one).result(PATIENCE)
            except TimeoutError:
                one.looks -= 1
        return _shown(one, address)

    def listed(self) -> list[Record]:
        return [_shown(one, None) for one in reversed(self._known.values())]

    def file(self, number: int) -> Iterator[bytes] | None:
        """The file of an operation, block by block; None where there is none."""
        one = self._known.get(gid("BulkOperation", number))
        return None if one is None or one.file is None else _blocks(one.file, self.lost)

    def forget(self) -> None:
        """As after seven days."""
        self._known.clear()

    def _writing(self, one: Operation) -> Future[tuple[int, int]]:
        """The descriptor of this query's file at this time, and how many lines it has; the same for all who ask so."""
        key = (one.query, self.now())
        if key not in self._files:
            self._files[key] = self._beside.submit(self._written, one.root, self.rows(one.root))
        return self._files[key]

    def _written(self, root: Field, records: Iterator[Record]) -> tuple[int, int]:
        with TemporaryFile() as file, TemporaryFile() as behind:
            lines = export(root, records, file, behind)
            behind.seek(0)
            copyfileobj(behind, file)
            file.flush()
            # it has no name: it lasts as long as it is open
            kept = os.dup(file.fileno())
        finalize(self, os.close, kept)
        return kept, lines


def _blocks(file: int, lost: int) -> Iterator[bytes]:
    """The file without its last lines, read beside others who read it."""
    end = os.fstat(file).st_size
    if lost:
        end = len(b"".join(os.pread(file, end, 0).splitlines(keepends=True)[:-lost]))
    for at in range(0, end, BLOCK):
        yield os.pread(file, min(BLOCK, end - at), at)


def check(root: Field) -> None:
    """Raise GraphQLError for what Shopify runs no operation for."""
    depths = list(_connections(root, 0, False))
    if not depths:
        raise GraphQLError("Bulk queries must contain at least one connection.")
    if len(depths) > MOST:
        raise GraphQLError(f"Bulk queries cannot contain more than {MOST} connections.")
    if max(depths) > DEEPEST:
        raise GraphQLError(f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}.")


def _connections(asked: Field, depth: int, listed: bool) -> Iterator[int]:
    """How deep each connection lies. Raises GraphQLError for one inside a list, and for a node without its id."""
    node = _node(asked)
    if node is not None:
        if listed:
            raise GraphQLError("Queries that contain a connection field within a list field are not currently supported.")
        if not any(isinstance(one, Field) and one.name == "id" for one in node):
            raise GraphQLError("Nodes of a bulk query must have an id.")
        yield depth
    for one in asked.fields if node is None else node:
        if isinstance(one, Field):
            yield from _connections(one, depth + (node is not None), listed or asked.name in LISTS)


LISTS = ("refunds", "fulfillments", "transactions", "discountAllocations", "taxLines", "trackingInfo")


def _node(asked: Field) -> tuple[Selection, ...] | None:
    """The selection of a connection's nodes; None where the field is no connection."""
    inner = {one.name: one for one in asked.fields if isinstance(one, Field)}
    if "nodes" in inner:
        return inner["nodes"].fields
    edges = inner.get("edges")
    return next((one.fields for one in edges.fields if isinstance(one, Field) and one.name == "node"), ()) if edges else None


def export(root: Field, records: Iterator[Record], file: IO[bytes], behind: IO[bytes]) -> int:
    """Records into the file, the members of their connections into what comes behind it; how many lines there are."""
    chosen = _node(root) or ()
    sets = [one for one in chosen if isinstance(one, Field) and _node(one) is not None]
    plain = tuple(one for one in chosen if one not in sets)
    asked = [(Field(one.name, one.alias, (("first", 250),), one.fields), _node(one) or ()) for one in sets]
    lines = 0
    for record in records:
        file.write(msgspec.json.encode(select(record, plain)) + b"\n")
        members = [line for one, node in asked for line in _members(record, one, node)]
        behind.writelines(line + b"\n" for line in members)
        lines += 1 + len(members)
    return lines


def _members(record: Record, asked: Field, chosen: tuple[Selection, ...]) -> Iterator[bytes]:
    after = None
    while True:
        arguments = asked.arguments if after is None else (*asked.arguments, ("after", after))
        page = record[asked.name](Field(asked.name, asked.alias, arguments, asked.fields))
        for node in page["nodes"]:
            yield msgspec.json.encode(select(node, chosen) | {"__parentId": record["id"]})
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _shown(one: Operation, address: str | None) -> Record:
    over = one.status == "COMPLETED"
    return {
        "__typename": "BulkOperation",
        "id": one.ident,
        "status": one.status,
        "errorCode": one.ending[1] if one.status == one.ending[0] else None,
        "createdAt": stamp(one.created),
        "objectCount": str(one.objects),
        "query": one.query,
        "type": "QUERY",
        "url": f"{address}/bulk/{one.ident.rsplit('/', 1)[-1]}.jsonl" if over and one.objects and address else None,
        "partialDataUrl": None,
    }


def _refused(message: str, code: str) -> dict[str, Any]:
    error = {"__typename": "BulkOperationUserError", "code": code, "field": ["query"], "message": message}
    return {"bulkOperation": None, "userErrors": [error]}
