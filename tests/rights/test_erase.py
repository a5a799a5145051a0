"""Erasure on five real channels: nothing of the person is left anywhere, the orders' money is, and it stays so."""

import hashlib

import psycopg
import pytest

from sluice.landing.replay import replay
from sluice.rights.erase import PLACES, erase
from sluice.rights.person import Record, Unknown, find
from sluice.rights.search import search
from tests.rights.conftest import CHANNELS, House

pytestmark = pytest.mark.timeout(900)
MONEY = "select count(*), sum(total_amount), sum(refunded_amount), sum(tax_amount) from unified.orders"
RAW = """
select c.relname from pg_class as c where c.relnamespace = 'raw'::regnamespace and c.relkind = 'r'
and exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname in ('_digest', '_position')) order by 1
"""


def somebody(db: psycopg.Connection, channel: str, like: str = "%") -> Record:
    """The customer of a channel with the most orders, an address or number in clear where the channel gives one."""
    row = db.execute(
        "select c.channel, c.shop, c.customer_id from unified.customers as c"
        " inner join unified.orders as o using (channel, shop, customer_id) where channel = %s"
        " and customer_id like %s"
        " group by 1, 2, 3 order by bool_or(c.email is not null) desc, count(*) desc, 3 limit 1",
        (channel, like),
    ).fetchone()
    assert row is not None
    return Record(*row)


def tables(db: psycopg.Connection) -> dict[str, str]:
    """A digest of each raw table, without what tells of the landing alone."""
    found = {}
    for (name,) in db.execute(RAW).fetchall():
        rows = db.execute(f"select (to_jsonb(t) - '_loaded_at')::text from raw.{name} as t order by 1").fetchall()
        found[name] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    return found


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_is_left_the_orders_stay_and_so_it_remains(house: House, channel: str) -> None:
    who = somebody(house.db, channel)
    person = find(house.db, str(who))
    assert person.orders
    money = house.db.execute(MONEY).fetchone()
    before = search(house.db, erase(house.db, person, dry_run=True).known, person)
    assert before.total() > 0, "a search that finds nothing beforehand proves nothing"

    done = erase(house.db, person)

    after = search(house.db, done.known, person)
    assert +after == {}
    assert house.db.execute(MONEY).fetchone() == money
    anonymous = house.db.execute(
        "select count(*) from unified.orders"
        " where (channel, shop, order_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
        " and customer_id is null and ship_city is null",
        [list(part) for part in zip(*person.orders, strict=True)],
    ).fetchone()
    assert anonymous == (len(person.orders),)
    with pytest.raises(Unknown):
        find(house.db, str(who))

    # neither a replay nor the channel itself brings it back
    erased = tables(house.db)
    for stream in house.connector(channel).streams:
        replay(house.db, house.connector(channel), who.shop, stream)
    assert tables(house.db) == erased
    house.land(channel, afresh=True)
    assert +search(house.db, done.known, person) == {}
    assert house.value("select count(*) from raw.quarantine where resolved_at is null") == 0


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
def test_who_ordered_as_a_guest_is_forgotten_as_well(house: House, channel: str) -> None:
    who = somebody(house.db, channel, like="guest:%")
    person = find(house.db, str(who))
    assert person.orders
    before = search(house.db, erase(house.db, person, dry_run=True).known, person)
    assert {place for place in +before if place == "lake" or place.startswith("table raw.")} >= {
        "lake",
        f"table raw.{channel}_orders",
    }

    done = erase(house.db, person)

    assert +search(house.db, done.known, person) == {}
    kept = "select count(*) from unified.orders where customer_id = %s and channel = %s"
    assert house.value(kept, who.customer_id, channel) == 0
    house.land(channel, afresh=True)
    assert +search(house.db, done.known, person) == {}
    assert house.value(kept, who.customer_id, channel) == 0


@pytest.mark.parametrize("left_out", PLACES)
def test_the_proof_fails_where_a_place_is_left_out(house: House, left_out: str) -> None:
    person = find(house.db, str(somebody(house.db, "shopify")))
    known = erase(house.db, person, dry_run=True).known
    email = next(value for kind, value in known.own if kind == "email")
    spread(house, person.records[0], email)

    done = erase(house.db, person, places=[place for place in PLACES if place != left_out])
    assert search(house.db, done.known, person).total() > 0


def spread(house: House, who: Record, email: str) -> None:
    """Put the address wherever a house that works for years would have it."""
    payload = f'{{"legacyResourceId": "{who.customer_id}", "email": "{email}", "createdAt": "?"}}'
    house.db.execute(
        "insert into raw.quarantine (channel, shop, stream, key, digest, reason, payload, file_id, page, position, received_at)"
        " values (%s, %s, 'customers', %s, md5(random()::text), 'createdAt', %s, 0, 0, 0, now())",
        (who.channel, who.shop, who.customer_id, payload),
    )
    house.db.execute(
        "insert into raw.events (channel, shop, event_id, topic, occurred_at, received_at, body)"
        " values (%s, %s, 'e1', 'customers/update', now(), now(), %s)",
        (who.channel, who.shop, payload.encode()),
    )
    house.db.execute(
        "insert into ops.alerts (scope, problem_key, severity, title, detail) values ('s', 'p', 'warning', 't', %s)",
        (f"a mail of {email.upper()} could not be read",),
    )
    house.db.commit()
    logs = house.home / "dbt" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "dbt.log").write_text(f"failed: {email}\n")


def test_erasing_again_changes_nothing(house: House) -> None:
    person = find(house.db, str(somebody(house.db, "shopify")))
    erase(house.db, person)
    erased = tables(house.db)
    done = erase(house.db, person)
    assert tables(house.db) == erased
    assert done.counts.total() == 0


def test_a_dry_run_changes_nothing(house: House) -> None:
    person = find(house.db, str(somebody(house.db, "taobao")))
    files = sorted((house.home / "lake").rglob("*.parquet"))
    before = tables(house.db)
    assert erase(house.db, person, dry_run=True).counts["raw records"] > 0
    assert tables(house.db) == before
    assert sorted((house.home / "lake").rglob("*.parquet")) == files
    assert house.value("select count(*) from customers.erasures") == 0
