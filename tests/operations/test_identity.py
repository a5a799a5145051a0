"""Whose each record is: kept, kept stable over runs, and obedient to what people ruled."""

from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest

from sluice import warehouse
from sluice.customers.score import score
from sluice.operations import frames
from sluice.operations.identity import identify
from sluice.sandbox.world import World
from sluice.warehouse import Embedded
from tests.conftest import copy_of
from tests.customers.shops import shops

CUSTOMERS = """
create schema unified;
create table unified.customers (channel text, shop text, customer_id text, name text, email text, phone text, country text,
    region text, city text, first_seen_at timestamptz default now(), updated_at timestamptz default now(),
    loaded_at timestamptz default clock_timestamp())
"""


@pytest.fixture
def book(db: psycopg.Connection) -> psycopg.Connection:
    db.execute(CUSTOMERS)
    add(db, "1", name="Zhang Wei", email="Wei.Zhang@gmail.com", phone="138 0013 8001")
    add(db, "2", name="张伟", phone="+8613800138001")
    add(db, "3", name="Wei Zhang", email="weizhang+shop@gmail.com")
    add(db, "4", name="Li Na", phone="13800138009")
    return db


def add(db: psycopg.Connection, customer: str, **told: str) -> None:
    fields: dict[str, Any] = {"name": None, "email": None, "phone": None, "country": "CN"} | told
    db.execute(
        "insert into unified.customers (channel, shop, customer_id, name, email, phone, country) "
        "values ('file', 'a', %(id)s, %(name)s, %(email)s, %(phone)s, %(country)s)",
        fields | {"id": customer},
    )


def keys(db: psycopg.Connection) -> dict[str, str]:
    return dict(db.execute("select customer_id, customer_key::text from customers.crosswalk").fetchall())


def persons(db: psycopg.Connection) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for record, key in keys(db).items():
        found.setdefault(key, set()).add(record)
    return {frozenset(group) for group in found.values()}


def groups(*words: str) -> set[frozenset[str]]:
    return {frozenset(word) for word in words}


def snapshot(db: psycopg.Connection) -> list[Any]:
    tables = ("crosswalk", "crosswalk_history", "keys", "edges", "runs")
    return [db.execute(f"select * from customers.{table} order by 1, 2, 3").fetchall() for table in tables]  # type: ignore[arg-type]


def rule(db: psycopg.Connection, kind: str, left: str, right: str) -> int:
    row = db.execute(
        "insert into customers.rulings (kind, reason, ruled_by, ruled_at) values (%s, 'seen', 'ann', clock_timestamp()) "
        "returning ruling_id",
        (kind,),
    ).fetchone()
    assert row
    for side, records in (("left", left), ("right", right)):
        for record in records:
            db.execute("insert into customers.ruling_records values (%s, %s, 'file', 'a', %s)", (row[0], side, record))
    return int(row[0])


def test_records_that_share_a_mailbox_or_a_phone_are_one_person(book: psycopg.Connection) -> None:
    found = identify(book)
    assert persons(book) == groups("123", "4")
    assert found.changed == 4
    assert (found.stand["records"], found.stand["persons"]) == (4, 2)
    assert found.stand["exact_edges"] == 2


def test_running_twice_changes_nothing(book: psycopg.Connection) -> None:
    identify(book)
    before = snapshot(book)
    assert identify(book).changed == 0
    assert snapshot(book) == before


def test_a_full_run_over_what_is_known_leaves_every_answer_as_it_was(book: psycopg.Connection) -> None:
    identify(book)
    before = snapshot(book)[:4]
    identify(book, full=True)
    assert snapshot(book)[:4] == before


def test_the_same_records_loaded_later_are_the_same_persons_by_the_same_weights(db: psycopg.Connection) -> None:
    db.execute(CUSTOMERS)
    load(db, shops(2_500)[0].with_row_index("customer_id"))
    found = []
    for day in (1, 2):
        db.execute("update unified.customers set loaded_at = make_timestamptz(2026, 11, %s, 0, 0, random())", (day,))
        db.execute(
            "truncate customers.crosswalk, customers.crosswalk_history, customers.edges, customers.keys, customers.runs cascade"
        )
        identify(db, full=True)
        found.append(
            (persons(db), db.execute("select parameters from customers.models order by model_id desc limit 1").fetchone())
        )
    assert found[0] == found[1]


def load(db: psycopg.Connection, records: pl.DataFrame) -> None:
    """Into unified.customers; of a record whose id is there already nothing."""
    columns = ("channel", "shop", "customer_id", "name", "email", "phone", "country", "city")
    told = records.with_columns(pl.lit(None, pl.String).alias(name) for name in columns if name not in records.columns)
    frames.write(db, "unified.customers", told.select(columns))


def test_records_that_come_little_by_little_are_resolved_as_all_at_once(postgres: Embedded, template: str) -> None:
    """The sandbox's world, in order of when its shops met the people; the tolerance is a hundredth of F1."""
    world = World.generate(7, 3_000).identities.sort("created_at", "channel", "shop", "customer_id")
    truth = {(row["channel"], row["shop"], row["customer_id"]): row["person_id"] for row in world.iter_rows(named=True)}
    found = []
    for batches in (1, 6):
        with copy_of(postgres, template) as url, warehouse.connect(url) as db:
            db.execute(CUSTOMERS)
            for batch in range(batches):
                load(db, world.filter(pl.int_range(pl.len()) * batches // pl.len() == batch))
                identify(db)
            answers = db.execute("select channel, shop, customer_id, customer_key::text from customers.crosswalk").fetchall()
            held = {record: key for *record_, key in answers if (record := tuple(record_)) in truth}
            runs = db.execute("select count(*) filter (where not is_full) from customers.runs").fetchone()
            found.append((held, runs))
    (once, _), (slowly, incremental) = found
    assert once.keys() == slowly.keys() == truth.keys()
    assert incremental
    assert incremental[0] >= 1
    persons_, all_at_once, by_and_by = (np.array([one[record] for record in truth]) for one in (truth, once, slowly))
    assert score(all_at_once, by_and_by).f1 >= 0.99
    assert abs(score(persons_, all_at_once).f1 - score(persons_, by_and_by).f1) <= 0.01


def test_a_platforms_own_id_joins_its_shops_and_no_others(db: psycopg.Connection) -> None:
    """Shopee knows a buyer by one number in all of its shops; of Lazada nobody says so; a shop of one's own numbers from 1."""
    db.execute(CUSTOMERS)
    records = [(channel, shop, "7001") for channel in ("shopee", "lazada", "shopify") for shop in ("a", "b")]
    load(db, pl.DataFrame(records, schema=["channel", "shop", "customer_id"], orient="row"))
    found = identify(db).stand
    assert (found["records"], found["persons"], found["exact_edges"]) == (6, 5, 1)


def test_a_record_that_is_alone_has_the_key_it_had_before_identity_ran(book: psycopg.Connection) -> None:
    own = book.execute("select customers.own_key('file', 'a', '4')::text").fetchone()
    identify(book)
    assert own == (keys(book)["4"],)


def test_a_key_survives_a_merge_and_the_crosswalk_tells_old_from_new(book: psycopg.Connection) -> None:
    identify(book)
    before = keys(book)
    book.execute(
        "update unified.customers set phone = '13800138001', name = 'W. Zhang', loaded_at = clock_timestamp() "
        "where customer_id = '4'"
    )
    identify(book)
    assert persons(book) == groups("1234")
    assert keys(book)["4"] == before["1"] == keys(book)["1"]
    ended = book.execute("select merged_into::text from customers.keys where customer_key = %s", (before["4"],)).fetchone()
    assert ended == (before["1"],)
    history = book.execute(
        "select customer_key::text, reason, until_at is null from customers.crosswalk_history where customer_id = '4' "
        "order by from_at"
    ).fetchall()
    assert history == [(before["4"], "new", False), (before["1"], "merged", True)]


def test_what_was_merged_by_mistake_gets_its_old_key_back(book: psycopg.Connection) -> None:
    identify(book)
    before = keys(book)
    ruling = rule(book, "same", "1", "4")
    identify(book)
    assert persons(book) == groups("1234")
    book.execute("update customers.rulings set revoked_at = clock_timestamp() where ruling_id = %s", (ruling,))
    identify(book)
    assert keys(book) == before
    alive = book.execute("select count(*) from customers.keys where ended_at is null").fetchone()
    assert alive == (2,)


def test_people_have_the_last_word(book: psycopg.Connection) -> None:
    identify(book)
    rule(book, "different", "1", "2")
    identify(book)
    assert persons(book) == groups("13", "2", "4")
    rule(book, "different", "2", "13")
    rule(book, "same", "4", "2")
    identify(book)
    assert persons(book) == groups("13", "24")
    identify(book, full=True)
    assert persons(book) == groups("13", "24")


def test_a_customer_that_is_gone_leaves_no_answer_behind(book: psycopg.Connection) -> None:
    identify(book)
    book.execute("delete from unified.customers where customer_id in ('3', '4')")
    identify(book)
    assert persons(book) == groups("12")
    dead = book.execute("select count(*) from customers.keys where ended_at is not null").fetchone()
    assert dead == (1,)


def test_no_value_of_a_record_is_kept_in_the_store(book: psycopg.Connection) -> None:
    identify(book)
    kept = " ".join(str(row) for table in snapshot(book) for row in table).lower()
    assert not any(value in kept for value in ("zhang", "13800138", "gmail", "li na", "张"))
