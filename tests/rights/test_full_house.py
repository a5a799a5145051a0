"""A house that worked for years: what tells of a person stands in every table, lake, log and report, and goes from all."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sluice.channels.protocol import Cursor, Page, Stream
from sluice.landing import lake
from sluice.landing.delivery import judged, records_of
from sluice.landing.land import Landed, land
from sluice.rights.erase import PLACES, erase
from sluice.rights.known import Known
from sluice.rights.person import Person, find
from sluice.rights.search import search
from tests.rights.conftest import House
from tests.rights.planting import plant
from tests.rights.test_erase import somebody, spread

pytestmark = pytest.mark.timeout(900)
MADE_OF_THE_LAKE = ("raw", "secrets")
"""Rows of raw are landed, as a channel tells them; secrets hold keys alone."""


class Told:
    """A channel that tells these pages."""

    def __init__(self, pages: list[Page]) -> None:
        self.told = pages

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        yield from self.told


def note(house: House, person: Person, text: str) -> Landed:
    """Land an order of somebody else anew, on which somebody wrote this."""
    shop = next(one for one in house.shops if one.connector == "shopify")
    stream = shop.type.stream("orders")
    row = house.db.execute(
        "select path from raw.manifest where channel = 'shopify' and stream = 'orders' order by records desc limit 1"
    ).fetchone()
    assert row is not None
    page = lake.read(row[0])[1][0]
    theirs = {order_id for channel, _, order_id in person.orders if channel == "shopify"}
    noted, _ = judged(page, records_of(page, shop.type, stream), writing(theirs, text))
    connector = replace(shop.type, open=lambda connection: Told([noted]))
    return land(house.db, connector, shop.connect(), stream, afresh=True)


def writing(theirs: set[str], text: str) -> Callable[[bytes], bytes | None]:
    """Of a page, the first order that is not theirs, with the note."""
    done: list[str] = []

    def write(raw: bytes) -> bytes | None:
        record = json.loads(raw)
        if done or record["legacyResourceId"] in theirs:
            return None
        done.append(record["legacyResourceId"])
        return json.dumps(record | {"note": text, "updatedAt": "2026-12-30T00:00:00Z"}).encode()

    return write


def known_of(house: House, person: Person) -> tuple[Known, str]:
    known = erase(house.db, person, dry_run=True).known
    return known, next(value for kind, value in sorted(known.own) if kind == "email")


def fill(house: House, person: Person, email: str) -> set[str]:
    """The address wherever a house would come to have it. The tables that bear it, schema.table each."""
    assert note(house, person, f"ask {email} for the key").changed == 1
    spread(house, person.records[0], email)
    for name in ("report.html", "simulation/page.html", "dagster/run.log"):
        file: Path = house.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<p>{email.upper()}</p>", encoding="utf-8")
    planted, refused = plant(house.db, email, MADE_OF_THE_LAKE)
    # an address is longer than a version of the migrations may be
    assert refused <= {"ops.migrations"}
    house.db.commit()
    return planted


@pytest.mark.parametrize("left_out", [None, "texts"])
def test_nothing_is_left_of_a_full_house_and_the_proof_sees_each_place(house: House, left_out: str | None) -> None:
    """Texts are what stands in every table; the other places are left out one by one in test_erase."""
    person = find(house.db, str(somebody(house.db, "shopify")))
    _, email = known_of(house, person)
    planted = fill(house, person, email)
    assert {"marts.fct_orders", "marts.dim_customers", "marts.customer_facts", "customers.edges"} <= planted
    assert {"ops.alerts", "ops.check_results", "customers.value_history"} & planted
    made = {f"marts.{name}" for (name,) in house.db.execute("select tablename from pg_tables where schemaname = 'marts'")}
    filled = {name for name in made if house.value(f"select count(*) from {name}")}
    assert filled - planted == set()
    bearing = {f"table {name}" for name in (*planted, "raw.quarantine", "raw.events")}
    before = search(house.db, erase(house.db, person, dry_run=True).known, person)
    everywhere = bearing | {"lake", "files of the state folder"}
    assert {place for place in everywhere if not before[place]} == set()

    done = erase(house.db, person, places=[place for place in PLACES if place != left_out])

    left = {place for place, hits in search(house.db, done.known, person).items() if hits}
    if left_out is None:
        assert left == set()
    else:
        # every table but those that lost the row, or the column, with the person
        assert {"table ops.alerts", "table marts.fct_orders", "table marts.dim_products"} <= left


def test_a_name_in_the_note_of_somebody_else_is_found_and_left(house: House) -> None:
    person = find(house.db, str(somebody(house.db, "shopify")))
    known, _ = known_of(house, person)
    name = next(value for kind, value in sorted(known.own) if kind == "name")
    assert note(house, person, f"a present of {name.title()}").changed == 1
    done = erase(house.db, person)
    left = {place for place, hits in search(house.db, done.known, person).items() if hits}
    # a text that no contract reads is in the lake alone
    assert left == {"lake"}
