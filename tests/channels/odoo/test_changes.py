"""Nothing that changed is missed, whatever shares a second, wherever a page ends, whenever reading broke off."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import pytest

from sluice.channels.odoo.connector import CONNECTOR
from sluice.channels.odoo.records import records
from sluice.channels.protocol import Cursor, Page
from tests.channels.odoo.server import MUCH_LATER, NOON, TEMPLATES, SmallOdoo, connection


def pages(url: str, page_size: int, cursor: Cursor | None = None, now: datetime = MUCH_LATER) -> Iterator[Page]:
    return CONNECTOR.open(connection(url, page_size, now)).pages(TEMPLATES, cursor)


def ids(found: list[Page]) -> list[int]:
    return [msgspec.json.decode(record)["id"] for page in found for record in records(TEMPLATES, page.body, {})]


CROWDS = {
    "one transaction of many": dict.fromkeys(range(1, 38), 5.25),
    "one second, stamped against the order of ids": {id: 5 + (40 - id) / 100 for id in range(1, 38)},
    "the crowd in the middle": {1: 1, 2: 2, 50: 60, 51: 61} | dict.fromkeys(range(10, 40), 30.5),
    "the crowd at the end, exactly full pages": {1: 1, 2: 2} | dict.fromkeys(range(10, 30), 30.5),
    "two crowded seconds side by side": dict.fromkeys(range(1, 25), 5.9) | dict.fromkeys(range(30, 55), 6.1),
    "far apart": {id: id * 1000 for id in range(1, 38)},
    "none": {},
}


@pytest.mark.parametrize("page_size", [1, 10, 37])
@pytest.mark.parametrize("crowd", CROWDS)
def test_every_record_comes(crowd: str, page_size: int) -> None:
    with SmallOdoo(CROWDS[crowd]).serving() as url:
        found = list(itertools.islice(pages(url, page_size), 400))
    assert sorted(set(ids(found))) == sorted(CROWDS[crowd])
    assert len(found) < 400, "it ends"


@pytest.mark.parametrize("seed", range(4))
def test_reading_can_break_off_after_any_page(seed: int) -> None:
    draw = random.Random(seed)
    stamps = {id: draw.choice([3.1, 3.1, 3.9, 4.0, 90, 4000]) + draw.choice([0, 0, draw.random()]) for id in range(1, 60)}
    seen: set[int] = set()
    cursor: Cursor | None = None
    with SmallOdoo(stamps).serving() as url:
        for _ in range(300):
            page = next(pages(url, draw.randint(2, 9), cursor))
            seen |= set(ids([page]))
            cursor = msgspec.json.decode(msgspec.json.encode(page.cursor))
    assert seen == set(stamps), "one page a run, each from where the last one ended"


def test_the_next_run_reads_what_is_new() -> None:
    odoo = SmallOdoo({1: 0, 2: 3000, 3: 3300})
    with odoo.serving() as url:
        cursor = list(pages(url, 100))[-1].cursor
        assert ids(list(pages(url, 100, cursor))) == [3]
        odoo.stamps[1] = 9000.5
        assert ids(list(pages(url, 100, cursor))) == [3, 1]


@pytest.mark.parametrize("page_size", [1, 100])
def test_a_transaction_that_commits_late_is_still_seen(page_size: int) -> None:
    """It is stamped with the time at which it began, behind what was already read."""
    odoo = SmallOdoo({1: 0, 2: 5000, 3: 5800})
    with odoo.serving() as url:
        cursor = list(pages(url, page_size, now=NOON + timedelta(seconds=5801)))[-1].cursor
        odoo.stamps[4] = 5250
        assert ids(list(pages(url, 100, cursor, now=NOON + timedelta(seconds=5900)))) == [4, 3]


def test_a_crowd_that_has_not_settled_does_not_hold_up_reading_for_ever() -> None:
    """A run that always breaks off after one page gets on as soon as the crowd is some minutes old."""
    odoo = SmallOdoo({id: id for id in range(1, 60)})
    cursor: Cursor | None = None
    seen: set[int] = set()
    with odoo.serving() as url:
        for run in range(40):
            page = next(pages(url, 5, cursor, now=NOON + timedelta(seconds=60 * run)))
            seen |= set(ids([page]))
            cursor = page.cursor
    assert seen == set(odoo.stamps)


def test_pages_of_different_seconds_are_read_once() -> None:
    with SmallOdoo({id: id * 10 for id in range(1, 101)}).serving() as url:
        found = ids(list(pages(url, 20)))
    assert len(found) <= 100 + 5, "only the last second of a page comes again"
