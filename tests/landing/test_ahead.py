"""A batch that is made ready before its turn lands as one that is not, and names its own lake file."""

import sys
import threading
from collections.abc import Iterator

import msgspec
import psycopg
import pytest

from sluice.channels.protocol import Page
from sluice.landing import lake
from sluice.landing.ahead import ahead, make
from sluice.landing.decide import reader
from sluice.landing.delivery import Batch, add, digest
from sluice.landing.land import batches, land
from sluice.landing.transaction import Lander
from tests.landing.state import held
from tests.landing.toy import CONNECTION, ORDERS, order, page, toy


def whole(*numbers: int, version: int) -> Page:
    """A page that is a batch of its own."""
    return page([order(number, version) for number in numbers], at=version, cursor=version + 1, complete=True)


def test_each_row_names_the_lake_file_that_it_came_from(raw: psycopg.Connection) -> None:
    pages = [whole(1, 2, 3, version=0), whole(4, 5, version=1), whole(2, 6, version=2), whole(7, version=3)]
    land(raw, toy({"orders": pages[:3]}), CONNECTION, ORDERS)
    land(raw, toy({"orders": pages}), CONNECTION, ORDERS)
    files = dict(raw.execute("select file_id, path from raw.manifest").fetchall())
    assert len(files) == 4
    rows = raw.execute("select id, _file_id, _digest from raw.toy_orders").fetchall()
    assert len(rows) == 7
    for number, file_id, kept in rows:
        (only,) = lake.read(files[file_id])[1]
        assert kept in {digest(bytes(one)) for one in msgspec.json.decode(only.body, type=list[msgspec.Raw])}, number


BROKEN = {
    "its contract": [order(1, paid="perhaps"), order(2)],
    "what a text can hold": [order(1), order(2, name="\x00")],
    "its key": [b'{"id": {}}', order(2)],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_made_ahead_lands_as_what_is_not(raw: psycopg.Connection, broken: str) -> None:
    pages = {"orders": [page(BROKEN[broken], cursor=1, complete=True), whole(2, 3, version=1)]}
    kept = "select key, digest, reason, resolved_at is null from raw.quarantine order by digest"
    land(raw, toy(pages), CONNECTION, ORDERS)
    made, quarantine = held(raw), raw.execute(kept).fetchall()
    assert len(quarantine) == 1
    raw.execute("truncate raw.toy_orders, raw.toy_orders__line_items, raw.toy_orders__line_items__discounts, raw.quarantine")
    land(raw, toy(pages), CONNECTION, ORDERS, afresh=True)  # afresh: nothing is expected to be new
    assert (held(raw), raw.execute(kept).fetchall()) == (made, quarantine)


def test_a_batch_that_was_not_made_ready_gets_a_lake_file_of_its_own(raw: psycopg.Connection) -> None:
    lander = Lander(raw, toy(), "main", ORDERS)
    for number in (1, 2):
        for batch in batches([page([order(number)])], toy(), ORDERS):
            lander.land(batch)
    raw.commit()
    named = raw.execute("select o.id, m.records from raw.toy_orders as o inner join raw.manifest as m on m.file_id = o._file_id")
    assert sorted(named.fetchall()) == [("1", 1), ("2", 1)]


def test_broken_records_are_left_for_their_turn() -> None:
    batch = Batch("")
    add(batch, page([order(1), order(2, paid="perhaps")]), toy(), ORDERS)
    make(batch, reader(toy(), ORDERS, "main", 7))
    good, bad = batch.delivered
    assert good.made[1][0].endswith(f',7,"{good.digest}"'.encode())
    assert bad.made is None


def test_the_next_is_made_while_one_is_used_and_no_further() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    before = sys.getswitchinterval()
    for number in ahead(items()):
        assert second.wait(10)
        assert len(made) <= number + 2
    assert made == [0, 1, 2, 3]
    assert sys.getswitchinterval() == before
