"""A published number is explained to the piece, at any past instant, and a number that was tampered with is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest

from sluice import warehouse
from sluice.operations.explain import NothingPublished, explain
from sluice.operations.explain_all import explain_all
from sluice.operations.explanation import Explanation
from tests.conftest import copy_of
from tests.operations.small import Small


@dataclass(frozen=True)
class Story:
    """A database in which things happened, and when they had."""

    name: str
    planned_at: datetime
    sold_at: datetime
    counted_at: datetime


@pytest.fixture(scope="module")
def story(postgres: warehouse.Embedded, template: str) -> Iterator[Story]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database explained template {template}")
    with warehouse.connect(postgres.url("explained")) as db:
        it = Small(db)
        it.count({("WH", "A"): 60, ("ST", "A"): 20, ("WH", "B"): 50, ("ST", "B"): 9}, ago=timedelta(hours=2))
        it.order("taobao/flagship/T1", "WH", "A", 3)
        it.order("shopify/main/S1", "WH", "A", 2)
        it.order("shopify/main/P1", "WH", "A", 4, presale=True)
        it.buy("PO1", "WH", "A", 10)
        it.buy("PO1", "WH", "A", 10, received=10)
        it.hold("cart", "A", 2)
        it.plan()
        planned_at = it.now()
        it.order("taobao/flagship/T1", "WH", "A", 0, shipped=3)
        it.order("taobao/flagship/T2", "WH", "A", 1)
        it.order("shopify/main/S1", "WH", "A", 0)
        it.republish()
        sold_at = it.now()
        it.count({("WH", "A"): 66, ("ST", "A"): 20, ("WH", "B"): 50, ("ST", "B"): 9}, ago=timedelta(hours=1))
        db.execute("select ops.adjust_stock('lost', 'adjustment', 'ST', 'B', -4)")
        db.commit()
        it.republish()
        found = Story("explained", planned_at, sold_at, it.now())
    yield found
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("drop database explained with (force)")


@pytest.fixture
def past(postgres: warehouse.Embedded, story: Story) -> Iterator[psycopg.Connection]:
    with copy_of(postgres, story.name) as url, warehouse.connect(url) as db:
        yield db


def terms(found: Explanation, place: int = 0) -> dict[str, int]:
    return {term.name: term.pieces for term in found.places[place].item.terms}


def sums_up(found: Explanation) -> None:
    """Places to the number, terms to what the shop was shown, source rows to their term."""
    assert sum(place.pieces for place in found.places) == found.number
    for place in found.places:
        assert place.pieces * place.in_one + place.left_over == place.item.published
        assert sum(term.pieces for term in place.item.terms) == place.item.published
        for term in place.item.terms[:4]:
            if term.sources and "pieces" in term.sources[0]:
                assert sum(source["pieces"] for source in term.sources) == abs(term.pieces), term
    assert found.adds_up


def only(found: list[Explanation]) -> Explanation:
    assert len(found) == 1
    return found[0]


def test_every_term_has_its_rows(past: psycopg.Connection, story: Story) -> None:
    found = only(explain(past, "A", "shopify", "main", "WH", story.planned_at))
    sums_up(found)
    said = terms(found)
    assert {name: said[name] for name in ("on hand", "committed to orders", "held for checkouts", "presale reserve")} == {
        "on hand": 60,
        "committed to orders": -5,
        "held for checkouts": -2,
        "presale reserve": -4,
    }
    assert said["safety stock"] < 0
    assert said["quota of taobao/flagship"] < 0
    sources = {term.name: term.sources for term in found.places[0].item.terms}
    assert [(one["shop"], one["order_id"], one["pieces"]) for one in sources["committed to orders"]] == [
        ("flagship", "T1", 3),
        ("main", "S1", 2),
    ]
    assert [(one["order_id"], one["pieces"]) for one in sources["presale reserve"]] == [("P1", 4)]
    assert [(one["hold_id"], one["pieces"]) for one in sources["held for checkouts"]] == [("cart", 2)]
    assert [(one["kind"], one["pieces"]) for one in sources["on hand"]] == [("snapshot", 60)]
    assert sources["safety stock"][0]["service_level"] == 0.9


def test_the_same_sku_at_a_later_instant_is_explained_by_what_moved_since(past: psycopg.Connection, story: Story) -> None:
    found = only(explain(past, "A", "shopify", "main", "WH", story.sold_at))
    sums_up(found)
    item = found.places[0].item
    assert (item.kind, item.base_run_id) == ("event", 1)
    assert (terms(found)["on hand"], terms(found)["committed to orders"]) == (57, -1)
    moved = item.terms[0].sources
    assert [(one["kind"], one["pieces"]) for one in moved] == [("snapshot", 60), ("ship", -3)]
    earlier = only(explain(past, "A", "shopify", "main", "WH", story.planned_at))
    assert earlier.number != found.number


def test_a_count_takes_over_what_was_booked_before_it(past: psycopg.Connection, story: Story) -> None:
    """66 were counted an hour ago; the 3 that left since are on record already, and come off again."""
    found = only(explain(past, "A", "shopify", "main", "WH"))
    sums_up(found)
    on_hand = found.places[0].item.terms[0]
    assert on_hand.pieces == 63
    assert [(one["kind"], one["pieces"]) for one in on_hand.sources] == [("snapshot", 66), ("ship", -3)]
    assert "counted 66" in on_hand.note


def test_a_channel_with_one_number_is_told_the_sum_of_its_facilities(past: psycopg.Connection, story: Story) -> None:
    found = only(explain(past, "A", "taobao", "flagship", at=story.sold_at))
    sums_up(found)
    assert [place.facility_id for place in found.places] == ["ST", "WH"]
    assert found.facility_id is None
    part = only(explain(past, "A", "taobao", "flagship", "WH", story.sold_at))
    assert [place.facility_id for place in part.places] == ["WH"]
    assert part.number == found.number


def test_a_shop_that_may_not_have_more_is_told_its_most(past: psycopg.Connection, story: Story) -> None:
    found = only(explain(past, "A", "taobao", "flagship", at=story.planned_at))
    sums_up(found)
    at_wh = found.places[1]
    assert at_wh.pieces == 15
    assert terms(found, 1)["above the shop's most"] < 0


def test_a_bundle_is_explained_by_its_scarcest_component(past: psycopg.Connection, story: Story) -> None:
    by_facility = {one.facility_id: one for one in explain(past, "SET", "shopify", "main")}
    for found in by_facility.values():
        sums_up(found)
        place = found.places[0]
        assert place.pieces == min(component.makes for component in place.components)
        assert {component.sku: component.in_one for component in place.components} == {"A": 2, "B": 1}
    scarcest = {facility: found.places[0].item.sku for facility, found in by_facility.items()}
    assert scarcest == {"WH": "A", "ST": "B"}, "4 of the store's 9 B were lost"
    before = {one.facility_id: one.number for one in explain(past, "SET", "shopify", "main", at=story.sold_at)}
    assert before["ST"] > by_facility["ST"].number


def test_what_was_never_told_is_said(past: psycopg.Connection, story: Story) -> None:
    for sku, shop, at in (("NOPE", "main", None), ("A", "other", None), ("A", "main", story.planned_at - timedelta(days=1))):
        with pytest.raises(NothingPublished):
            explain(past, sku, "shopify", shop, at=at)


def test_a_plan_of_before_the_ledger_is_said_to_be(past: psycopg.Connection) -> None:
    past.execute("insert into planning.runs (run_id, as_of, policy, started_at) overriding system value"
                 " values (0, '2025-01-01', '{}', '2025-01-01')")  # fmt: skip
    past.execute("insert into planning.stock_plan (run_id, facility_id, sku, on_hand, safety_stock, presale_reserve, committed,"
                 " quota_total, shared_pool, oversold) values (0, 'WH', 'A', 9, 0, 0, 0, 9, 0, 0)")  # fmt: skip
    past.execute("insert into ops.outbox (decision_id, run_id, channel, shop, sku, product_id, listing_id, facility_id,"
                 " quantity, state, sent_at)"
                 " values ('old', 0, 'shopify', 'main', 'A', 'p-A', 'l-A', 'WH', 9, 'sent', '2025-01-02')")  # fmt: skip
    past.commit()
    found = only(explain(past, "A", "shopify", "main", "WH", datetime.fromisoformat("2025-06-01T00:00:00+00:00")))
    past.commit()
    assert (found.is_before_ledger, found.number, found.places) == (True, 9, [])
    checked = explain_all(past)
    assert (checked.messages_before_ledger, checked.differences) == (1, [])


def test_every_number_adds_up(past: psycopg.Connection) -> None:
    checked = explain_all(past)
    assert checked.differences == []
    assert checked.messages >= 15
    assert checked.decisions >= 4 + 2
    assert checked.safety_stocks == 4
    counted = past.execute("select count(*) from ops.outbox").fetchone()
    assert counted == (checked.messages,)


LAST = "(select max(run_id) from planning.stock_plan where sku = 'A')"
ONE = f"sku = 'A' and facility_id = 'WH' and run_id = {LAST}"
PLANNED = "sku = 'A' and facility_id = 'WH' and run_id = 1"
TAMPERED = {
    "a message's number": ("ops.outbox", "quantity", "message_id = 3", 1, "number, of the quotas in force"),
    "a message's decision": ("ops.outbox", "run_id", f"sku = 'A' and run_id = {LAST}", 1, "decision of the number"),
    "a quota": ("planning.quotas", "quota", f"{ONE} and shop = 'main'", -1, "quotas, summed"),
    "what was published of it": ("planning.quotas", "published", f"{ONE} and shop = 'main'", 1, "published, of quota and pool"),
    "what is kept of the pool": ("planning.quotas", "protected", f"{ONE} and shop = 'main'", 1, "published, of quota and pool"),
    "on hand": ("planning.stock_plan", "on_hand", ONE, 1, "on hand, by the ledger"),
    "committed": ("planning.stock_plan", "committed", ONE, 1, "committed, by the ledger"),
    "held": ("planning.stock_plan", "held", ONE, 1, "held, by the ledger"),
    "the presale reserve": ("planning.stock_plan", "presale_reserve", ONE, 1, "presale reserve, by the ledger"),
    "the safety stock": ("planning.stock_plan", "safety_stock", ONE, -1, "safety stock that is free"),
    "the quotas' sum": ("planning.stock_plan", "quota_total", ONE, 1, "quotas, summed"),
    "the pool": ("planning.stock_plan", "shared_pool", ONE, 1, "parts, summed"),
    "what is oversold": ("planning.stock_plan", "oversold", ONE, 1, "oversold"),
    "the movement it knew": ("planning.stock_plan", "movement_id", ONE, 1000, "movement: none of this item"),
    "the safety stock wanted": ("planning.safety_stock", "safety_stock", PLANNED, 1, "safety stock, by its formula"),
    "demand": ("planning.safety_stock", "demand_mean", PLANNED, 5, "safety stock, by its formula"),
    "demand's spread": ("planning.safety_stock", "demand_sd", PLANNED, 5, "safety stock, by its formula"),
    "the lead time": ("planning.safety_stock", "lead_time_mean_days", PLANNED, 20, "safety stock, by its formula"),
    "the lead time's spread": ("planning.safety_stock", "lead_time_sd_days", PLANNED, 20, "safety stock, by its formula"),
    "the service level": ("planning.safety_stock", "service_level", PLANNED, 0.09, "safety stock, by its formula"),
    "a count": ("ops.stock_movements", "on_hand", "sku = 'A' and movement_id <= 4", 1, "on hand, by the ledger"),
    "a reservation": ("ops.stock_movements", "committed", "order_id = 'T1' and kind = 'reserve'", 1, "committed, by the ledger"),
    "a hold": ("ops.stock_movements", "held", "hold_id = 'cart'", 1, "held, by the ledger"),
    "an arrival": (
        "ops.stock_movements", "presale_reserve", "kind = 'presale_activate'", 1, "presale reserve, by the ledger"),
    "the decision in force": ("planning.decided", "run_id", "sku = 'A' and facility_id = 'WH'", -1, "decision in force"),
}  # fmt: skip


@pytest.mark.parametrize("fault", TAMPERED)
def test_one_number_that_was_tampered_with_is_found(past: psycopg.Connection, fault: str) -> None:
    table, column, where, more, told = TAMPERED[fault]
    # whoever can tamper gets round triggers and constraints
    past.execute("set session_replication_role = replica")
    past.execute("alter table planning.stock_plan drop constraint stock_adds_up, drop constraint oversold_leaves_nothing")
    past.execute("alter table planning.quotas drop constraint quotas_check")
    changed = past.execute(f"update {table} set {column} = {column} + {more} where {where}").rowcount
    past.commit()
    assert changed >= 1
    assert told in {row["what"] for row in explain_all(past).differences}


def test_a_number_that_was_tampered_with_is_not_explained_away(past: psycopg.Connection) -> None:
    past.execute("set session_replication_role = replica")
    past.execute("update ops.stock_movements set committed = committed + 1 where order_id = 'T2'")
    past.commit()
    found = only(explain(past, "A", "shopify", "main", "WH"))
    assert not found.adds_up
    assert found.places[0].item.faults == ["committed to orders: the ledger says 2, the decision 1"]


def test_a_bundles_recipe_that_changed_since_is_said_and_not_called_a_fault(past: psycopg.Connection) -> None:
    past.execute("update unified.bundle_components set quantity = 7, loaded_at = now() where component_sku = 'A'")
    past.commit()
    checked = explain_all(past)
    assert checked.differences == []
    assert checked.bundles_with_new_recipe > 0
    past.execute("update unified.bundle_components set loaded_at = '2026-01-01'")
    past.commit()
    assert {row["sku"] for row in explain_all(past).differences} == {"SET"}
