"""Stamps that are null, shared or late: every change is read, whatever page and moment it falls on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sluice.channels.protocol import Cursor
from sluice.channels.tryton.changes import changes, found_in
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.search import given, matches

NOON = datetime(2026, 5, 1, 12)
NOBODY: SandboxState = None  # type: ignore[assignment]  # no reference is followed


class Table:
    """Records of a model: (created, written) in seconds after noon, by id."""

    def __init__(self, **stamps: tuple[float, float | None]) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        for name, (created, changed) in stamps.items():
            self.put(int(name[1:]), created, changed)

    def put(self, id: int, created: float, changed: float | None) -> None:
        at = NOON + timedelta(seconds=created)
        self.rows[id] = {
            "id": id,
            "create_date": at,
            "write_date": None if changed is None else NOON + timedelta(seconds=changed),
        }

    def read(self, conditions: list[Any], order: list[list[str]]) -> bytes:
        found = [row for row in self.rows.values() if matches(NOBODY, "", row, conditions)]
        found.sort(key=lambda row: [row[name] for name, _ in order])
        return msgspec.json.encode({"result": [{name: given(value) for name, value in row.items()} for row in found[:2]]})


def walk(table: Table, seconds: float, cursor: Cursor | None = None) -> list[tuple[list[int], Cursor]]:
    now = (NOON + timedelta(seconds=seconds)).replace(tzinfo=UTC)
    found = changes(table.read, 2, lambda: now, cursor)
    return [([row["id"] for row in found_in(body)], place) for body, place in found]


def ids(pages: list[tuple[list[int], Cursor]]) -> list[int]:
    return [id for page, _ in pages for id in page]


def test_null_and_shared_stamps_are_read_once_each() -> None:
    table = Table(_1=(0, None), _2=(0, None), _3=(0, None), _4=(1, None), _5=(0, 9.5), _6=(0, 9.5), _7=(0, 9.5), _8=(3, 4))
    pages = walk(table, 86_400)
    assert ids(pages) == [1, 2, 3, 4, 8, 5, 6, 7]
    assert ids(walk(table, 90_000, pages[-1][1])) == []


def test_each_page_says_where_to_go_on() -> None:
    table = Table(_1=(0, None), _2=(0, None), _3=(0, None), _5=(0, 9.5), _6=(0, 9.5), _7=(0, 9.5))
    pages = walk(table, 86_400)
    for number, (_, place) in enumerate(pages):
        assert ids(walk(table, 86_400, place)) == ids(pages[number + 1 :])


def test_what_is_seen_late_is_found() -> None:
    """A transaction that began before the last read and ended after it."""
    table = Table(_1=(0, None), _2=(0, 3000))
    pages = walk(table, 3100)
    table.put(3, 2900, None)
    table.put(1, 0, 2950)
    assert set(ids(walk(table, 3700, pages[-1][1]))) >= {1, 3}


def test_a_first_change_is_found_after_a_record_was_read_as_new() -> None:
    table = Table(_1=(0, None))
    pages = walk(table, 86_400)
    table.put(1, 0, 86_500)
    assert ids(walk(table, 90_000, pages[-1][1])) == [1]
