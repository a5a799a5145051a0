"""A snapshot stream tells by silence: what a whole walk did not see has been deleted."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from sluice.channels.protocol import ChannelError, Page
from sluice.landing.land import Landed, land
from tests.landing.state import one
from tests.landing.toy import CONNECTION, LEVELS, START, page, toy


def level(sku: str, on_hand: Any = 1, facility: str = "A") -> dict[str, Any]:
    return {"sku": sku, "facility": facility, "onHand": on_hand}


def walk(db: psycopg.Connection, *pages: Page | Exception) -> Landed:
    return land(db, toy({"levels": pages}), CONNECTION, LEVELS)


def alive(db: psycopg.Connection) -> list[str]:
    return [row[0] for row in db.execute("select sku from raw.toy_levels where _deleted_at is null order by 1")]


def test_what_a_whole_walk_did_not_see_is_marked(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b")], at=1), page([level("c")], at=2, complete=True))
    landed = walk(raw, page([level("a")], at=3), page([level("c")], at=4, complete=True))
    assert (landed.unchanged, landed.deleted) == (2, 1)
    assert raw.execute("select sku, _deleted_at from raw.toy_levels where _deleted_at is not null").fetchall() == [
        ("b", START + timedelta(minutes=4))
    ]


def test_a_mark_moves_loaded_at_once(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b")], at=1, complete=True))
    first = one(raw, "select _loaded_at from raw.toy_levels where sku = 'b'")
    walk(raw, page([level("a")], at=2, complete=True))
    marked = one(raw, "select _loaded_at from raw.toy_levels where sku = 'b'")
    assert marked > first
    assert walk(raw, page([level("a")], at=3, complete=True)).deleted == 0
    assert one(raw, "select _loaded_at from raw.toy_levels where sku = 'b'") == marked


@pytest.mark.parametrize("on_hand", [1, 2])
def test_what_reappears_is_alive_again(raw: psycopg.Connection, on_hand: int) -> None:
    walk(raw, page([level("a"), level("b")], at=1, complete=True))
    walk(raw, page([level("a")], at=2, complete=True))
    landed = walk(raw, page([level("a"), level("b", on_hand)], at=3, complete=True))
    assert (landed.changed, landed.unchanged, landed.deleted) == (1, 1, 0)
    assert raw.execute("select on_hand from raw.toy_levels where sku = 'b' and _deleted_at is null").fetchone() == (on_hand,)


def test_a_walk_that_breaks_off_deletes_nothing(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b")], at=1, complete=True))
    with pytest.raises(ChannelError):
        walk(raw, page([level("a")], at=2), ChannelError("gone away"))
    assert alive(raw) == ["a", "b"]
    # and the next walk does not count what the broken one saw
    walk(raw, page([level("b")], at=3, complete=True))
    assert alive(raw) == ["b"]


def test_a_record_in_quarantine_was_seen(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b")], at=1, complete=True))
    assert walk(raw, page([level("a"), level("b", "many")], at=2, complete=True)).deleted == 0
    assert alive(raw) == ["a", "b"]


def test_a_walk_with_an_unreadable_key_proves_no_absence(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b")], at=1, complete=True))
    assert walk(raw, page([level("a"), {"onHand": 3}], at=2, complete=True)).deleted == 0
    assert alive(raw) == ["a", "b"]


def test_an_empty_walk_empties(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a"), level("b", facility="B")], at=1, complete=True))
    assert walk(raw, page([], at=2, complete=True)).deleted == 2
    assert alive(raw) == []


def test_the_key_is_all_of_its_fields(raw: psycopg.Connection) -> None:
    walk(raw, page([level("a", 1, "A"), level("a", 2, "B")], at=1, complete=True))
    walk(raw, page([level("a", 5, "B")], at=2, complete=True))
    found = raw.execute("select facility, on_hand, _deleted_at is null from raw.toy_levels order by 1").fetchall()
    assert found == [("A", 1, False), ("B", 5, True)]
