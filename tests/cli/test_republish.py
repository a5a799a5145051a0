"""`sluice republish` as a user starts it: what moved reaches every shop that takes numbers, once or until it is told to stop."""

import json
import signal
from collections.abc import Iterator

import psycopg
import pytest

from sluice import warehouse
from tests.cli.command import User, user
from tests.conftest import copy_of

pytestmark = pytest.mark.timeout(600)
PICK = """
select a.facility_id, a.sku from ops.available as a
where a.is_known and a.available > 3 and a.facility_id <> 'ST-HZ'
    and (select count(distinct p.channel) from unified.products as p where p.sku = a.sku and p.channel <> 'odoo') = 2
order by 1, 2 limit 1
"""
SELL = """
select ops.move_lines('file', 'hangzhou', array[('till-1', '1', %s, %s, %s, false, 0, 0, now(), now(), now())::ops.line_stock])
"""
LAST = """
select distinct on (o.channel) o.channel, o.state, o.quantity, o.read_back from ops.outbox as o
where o.sku = %s and coalesce(o.facility_id, %s) = %s order by o.channel, o.message_id desc
"""


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, built_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Landed and planned, nothing published."""
    with copy_of(postgres, built_template) as address:
        made = user(tmp_path_factory.mktemp("republish"), 200, address)
        assert made.sluice("land").code == 0
        planned = made.sluice("plan", "--json")
        assert planned.code == 0, planned.err
        assert planned.json["queued"] > 0
        yield made


@pytest.fixture
def db(house: User) -> Iterator[psycopg.Connection]:
    with warehouse.connect(house.database, autocommit=True) as connection:
        yield connection


def sell(db: psycopg.Connection, facility: str, sku: str, pieces: int) -> None:
    with db.transaction():
        db.execute("select ops.lock_items(array[%s], array[%s])", (facility, sku))
        db.execute(SELL, (sku, facility, pieces))


def test_one_pass_tells_every_shop_what_changed(house: User, db: psycopg.Connection) -> None:
    first = house.sluice("republish", "--once", "--json")
    assert first.code == 0, first.err
    assert set(first.json["shops"]) == {"shopify/main", "taobao/flagship"}
    for shop in first.json["shops"].values():
        assert shop["sent"] == shop["confirmed"] > 0
    row = db.execute(PICK).fetchone()
    assert row
    facility, sku = row
    sell(db, facility, sku, 2)
    before = db.execute("select coalesce(max(message_id), 0) from ops.outbox").fetchone()
    done = house.sluice("republish", "--once", "--json")
    assert done.code == 0, done.err
    (decision,) = done.json["decisions"]
    assert decision["changes"] == 1
    assert db.execute("select count(distinct sku) from ops.outbox where message_id > %s", before).fetchone() == (1,)
    for _, state, quantity, read_back in db.execute(LAST, (sku, facility, facility)):
        assert (state, quantity) == ("sent", read_back)
    again = house.sluice("republish", "--once")
    assert (again.code, again.out.splitlines()[0]) == (0, "Nothing moved that is not decided.")


def test_it_goes_on_until_it_is_told_to_stop(house: User, db: psycopg.Connection) -> None:
    row = db.execute(PICK).fetchone()
    assert row
    running = house.start("republish", "--json")
    assert running.stdout
    sell(db, *row, 3)
    # what was still on its way to a shop may be told first
    decided = next(said["decision"] for line in running.stdout if "decision" in (said := json.loads(line)))
    assert decided["items"] >= 1
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")
    assert all(json.loads(line) for line in out.splitlines())
    assert house.left_running() == []
