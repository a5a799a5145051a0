"""What platforms count themselves is seen beside our numbers, and shared out only where the owner says that it is the stock."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from sluice import warehouse
from sluice.channels.protocol import Quota
from sluice.config import Shop
from sluice.landing.land import land
from sluice.operations.absorb import absorb
from sluice.operations.outbox import outlet
from sluice.project import DBT_PROJECT
from sluice.sandbox.amazon import SECRETS
from sluice.sandbox.amazon.records import MARKETPLACE
from sluice.sandbox.catalogue import FACILITIES
from sluice.sandbox.state import SandboxState
from tests.channels.every import House, house
from tests.cli.test_stock import Terminal
from tests.sandbox.worlds import world

STREAMS = {"square": ("locations", "items", "variations", "counts"), "amazon": ("listings", "stock")}
Rows = dict[tuple[str, str], int]


@pytest.fixture(params=["square", "amazon"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def here(
    name: str, postgres: warehouse.Embedded, every_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    with house(name, SandboxState(world()), postgres, every_template) as found:
        yield found


def bring(found: House, name: str = "main", **options: Any) -> None:
    """Land what tells of stock, and take it in."""
    shop = replace(found.connection(), shop=name, options=found.connector.options(**options))
    for stream in STREAMS[found.connector.name]:
        land(found.db, found.connector, shop, found.connector.stream(stream))
    absorb(found.db)
    found.db.commit()


def pieces(db: psycopg.Connection, source: str) -> Rows:
    return {(place, sku): on_hand for place, sku, on_hand in db.execute(f"select facility_id, sku, on_hand from {source}")}


def lying(found: House) -> Rows:
    """By the world itself: pieces of what the shop lists, by facility and SKU."""
    listings = found.state.world.listings.filter(channel=found.connector.name, shop=found.shop.shop)
    ours = set(listings.filter(listings["listed_at"] <= found.state.now)["sku"])
    known = {(place, sku): on_hand for place, sku, on_hand in found.state.world.stock(found.state.now).iter_rows()}
    return {(row[0], sku): known.get((row[0], sku), 0) for row in FACILITIES for sku in ours}


@pytest.mark.parametrize("name", ["square"], indirect=True)
def test_a_till_s_count_is_seen_and_not_shared_out(here: House) -> None:
    bring(here)
    assert pieces(here.db, "unified.platform_stock") == lying(here)
    assert pieces(here.db, "unified.stock") == pieces(here.db, "ops.stock_positions") == {}
    assert here.db.execute("select count(*) from unified.facilities").fetchone() == (0,)


@pytest.mark.parametrize("name", ["square"], indirect=True)
def test_where_the_owner_says_so_it_is_the_facility_s_stock(here: House) -> None:
    bring(here, stock="facility")
    expected = lying(here)
    assert pieces(here.db, "unified.stock") == pieces(here.db, "unified.platform_stock") == expected
    assert pieces(here.db, "ops.stock_positions") == {item: found for item, found in expected.items() if found}
    assert {place for place, _ in expected} == {row[0] for row in here.db.execute("select facility_id from unified.facilities")}
    # a count of today is one of today, whether or not it changed
    (first,) = here.db.execute("select min(as_of) from unified.stock").fetchone() or ()
    bring(here, stock="facility")
    (again,) = here.db.execute("select min(as_of) from unified.stock").fetchone() or ()
    assert again > first
    bring(here, stock="beside")
    assert pieces(here.db, "unified.stock") == {}


@pytest.mark.parametrize("name", ["square"], indirect=True)
def test_a_facility_that_two_shops_count_is_told(here: House) -> None:
    """Its pieces would be there twice."""
    text = (DBT_PROJECT / "tests" / "generic" / "one_counter.sql").read_text(encoding="utf-8")
    (check,) = re.findall(r"\{\{ reports_only\(\) \}\}(.*)\{% endtest", text, re.DOTALL)
    query = check.replace("{{ model }}", "unified.stock")
    bring(here, stock="facility")
    assert here.db.execute(query).fetchall() == []
    bring(here, "second", stock="facility")
    assert {place for (place,) in here.db.execute(query)} == {row[0] for row in FACILITIES}


@pytest.mark.parametrize("name", ["square"], indirect=True)
def test_what_sells_out_or_is_counted_anew_is_seen_at_the_next_reading(here: House) -> None:
    bring(here)
    (sku, variation) = here.db.execute("select sku, listing_id from unified.products limit 1").fetchone() or ()
    quota = Quota("d1", sku, "item", variation, variation, "WH-SH", 4711)
    assert [one.read_back for one in here.connector.open(here.connection()).publish([quota])] == [4711]
    bring(here)
    assert pieces(here.db, "unified.platform_stock")["WH-SH", sku] == 4711


@pytest.mark.parametrize("name", ["amazon"], indirect=True)
def test_what_lies_at_amazon_is_seen_and_is_nobody_else_s(here: House) -> None:
    bring(here)
    grant = requests.post(f"{here.url}/amazon/auth/o2/token", data={"grant_type": "refresh_token", **SECRETS}, timeout=10).json()
    asked = {"details": "true", "granularityType": "Marketplace", "granularityId": MARKETPLACE, "marketplaceIds": MARKETPLACE}
    told: list[dict[str, Any]] = []
    more: dict[str, str] | None = {}
    while more is not None:
        answer = requests.get(
            f"{here.url}/amazon/fba/inventory/v1/summaries",
            params={**asked, **more},
            headers={"x-amz-access-token": grant["access_token"]},
            timeout=10,
        ).json()
        told += answer["payload"]["inventorySummaries"]
        more = {"nextToken": answer["pagination"]["nextToken"]} if "pagination" in answer else None
    assert len(told) > 10
    found = here.db.execute(
        "select count(*), sum(on_hand + incoming + unsellable), bool_or(is_facility_stock) from unified.platform_stock"
    ).fetchone()
    assert found == (len(told), sum(one["totalQuantity"] for one in told), False)
    assert pieces(here.db, "unified.stock") == pieces(here.db, "ops.stock_positions") == {}


@pytest.mark.parametrize("name", ["amazon"], indirect=True)
def test_what_is_not_to_be_read_is_not_asked_for(here: House) -> None:
    bring(here, stock=False)
    assert pieces(here.db, "unified.platform_stock") == {}


@pytest.mark.parametrize("name", ["square"], indirect=True)
def test_stock_show_tells_of_it(here: House) -> None:
    bring(here)
    (sku,) = here.db.execute("select min(sku) from unified.platform_stock").fetchone() or ()
    here.db.execute(
        "insert into ops.outbox (decision_id, run_id, channel, shop, sku, product_id, listing_id, facility_id, quantity, state)"
        " select q::text, 1, 'square', 'main', %s, 'p', 'l', 'WH-SH', q, 'sent' from (values (3), (5)) as v (q)",
        (sku,),
    )
    here.db.commit()
    told = Terminal(here.database).json("stock", "show", sku)["platforms"]
    assert [one["facility_id"] for one in told] == sorted(row[0] for row in FACILITIES)
    assert {one["facility_id"]: one["published"] for one in told}["WH-SH"] == 5
    assert {one["facility_id"]: one["on_hand"] for one in told} == {
        place: found for (place, known), found in lying(here).items() if known == sku
    }
    assert "as the platforms count them" in Terminal(here.database)("stock", "show", sku)


def test_a_shop_that_counts_its_stock_is_told_no_numbers() -> None:
    """Each would come back as a count of what is there."""
    shop: dict[str, Any] = {"connector": "square", "shop": "main", "currency": "USD", "secrets": {"token": "T"}}
    assert outlet(Shop(**shop)) is not None
    assert outlet(Shop(**shop, options={"stock": "beside"})) is not None
    assert outlet(Shop(**shop, options={"stock": "facility"})) is None
