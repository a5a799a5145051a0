"""What happens on one channel reaches the others at once, nothing is lost or doubled, and every piece stays accounted for."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice import warehouse
from sluice.operations import decisions
from sluice.operations.decide import decide, invariant_violations
from sluice.operations.loop import Loop
from sluice.operations.republish import Republisher
from sluice.operations.watch import FEEDS, OVERSELLS, look, tell
from tests.conftest import copy_of
from tests.operations.market import CHANGES, EVENTS, EVERYTHING, SHARED, SHOPS, Market, one, soon


def test_a_sale_on_one_channel_lowers_the_others(stall: Market) -> None:
    facility, sku = stall.item()
    before = stall.shown("second", sku)[facility]
    stall.order("main", facility, sku, 2)
    done = stall.republish()
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [before - 2] * 3
    assert stall.behind(facility, sku) == []
    assert done.queued["shopify/second"] == done.queued["shopify/third"] == 1


def test_a_cancellation_raises_them_again_and_the_earlier_number_is_sent(stall: Market) -> None:
    """Also where a number was sent before: a message is named by its decision, not by its quantity."""
    facility, sku = stall.item()
    before = stall.shown("second", sku)[facility]
    for _ in range(2):
        order = stall.order("main", facility, sku, 1)
        stall.republish()
        stall.deliver()
        assert stall.shown("second", sku)[facility] == before - 1
        stall.order("main", facility, sku, 0, order)
        stall.republish()
        stall.deliver()
        assert stall.shown("second", sku)[facility] == before
    told = [quantity for place, quantity in stall.told("second", sku) if place == facility]
    assert told[-5:] == [before, before - 1, before, before - 1, before]


def test_a_number_that_did_not_change_is_sent_only_to_the_shop_whose_own_counter_moved(stall: Market) -> None:
    """One piece is sold and one comes in before anybody looks: our number is the same, and the shop's own has fallen."""
    facility, sku = stall.item()
    before = stall.shown("main", sku)[facility]
    listing = one(stall.db, "select listing_id from unified.products where shop = 'main' and sku = %s", sku)
    stall.order("main", facility, sku, 1)
    stall.states["main"].published["shopify", "main", listing, facility] = before - 1
    stall.adjust(facility, sku, 1)
    assert set(stall.republish().queued) == {"shopify/main"}
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [before] * 3


def test_a_hold_lowers_all_and_its_end_raises_them(stall: Market) -> None:
    facility, sku = stall.item()
    before = stall.shown("main", sku)[facility]
    held = one(
        stall.db,
        "select ops.hold(%s, 'shopify', 'main', jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', 2)),"
        " interval '1 hour', %s)",
        f"hold {next(stall.numbers)}",
        sku,
        facility,
    )
    assert held["state"] == "held"
    stall.republish()
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [before - 2] * 3
    stall.db.execute("update ops.holds set expires_at = now() where hold_id = %s", (held["hold_id"],))
    stall.db.commit()
    stall.republish()
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [before] * 3


def test_a_bundle_falls_with_its_component(stall: Market) -> None:
    row = stall.db.execute(
        """
        select b.bundle_sku, b.component_sku, a.facility_id
        from unified.bundle_components as b
        inner join ops.available as a on a.sku = b.component_sku and a.available > b.quantity
        inner join unified.products as p on p.shop = 'second' and p.sku = b.bundle_sku and p.status = 'active'
        where (
            select count(*) from planning.decided as d
            inner join unified.bundle_components as c on c.component_sku = d.sku
            where d.facility_id = a.facility_id and c.bundle_sku = b.bundle_sku
        ) = (select count(*) from unified.bundle_components as c where c.bundle_sku = b.bundle_sku)
        order by 1, 2, 3 limit 1
        """
    ).fetchone()
    assert row
    bundle, component, facility = row
    left = one(stall.db, "select available from ops.available where sku = %s and facility_id = %s", component, facility)
    stall.order("main", facility, component, left)
    stall.republish()
    stall.deliver()
    assert stall.shown("second", bundle)[facility] == 0
    stall.adjust(facility, component, left)


def test_an_event_decides_all_facilities_of_its_sku_and_nothing_else(stall: Market) -> None:
    facility, sku = stall.item()
    stall.order("main", facility, sku, 1)
    run = stall.republish().run_id
    decided = stall.db.execute("select facility_id, sku from planning.stock_plan where run_id = %s", (run,)).fetchall()
    known = stall.db.execute("select facility_id, sku from ops.stock_positions where sku = %s", (sku,)).fetchall()
    stall.db.commit()
    assert sorted(decided) == sorted(known)
    assert one(stall.db, "select base_run_id < run_id from planning.runs where run_id = %s", run)


def test_the_message_leads_back_to_the_movement_that_caused_it(stall: Market) -> None:
    facility, sku = stall.item()
    order = stall.order("main", facility, sku, 1)
    stall.republish()
    found = stall.db.execute(
        """
        select m.order_id, m.kind from ops.outbox as o
        inner join planning.stock_plan as p on p.run_id = o.run_id and p.facility_id = o.facility_id and p.sku = o.sku
        inner join ops.stock_movements as m on m.movement_id = p.movement_id
        where o.shop = 'second' and o.sku = %s and o.facility_id = %s order by o.message_id desc limit 1
        """,
        (sku, facility),
    ).fetchone()
    stall.db.commit()
    assert found == (order, "reserve")


def test_nothing_new_is_published_of_a_facility_that_was_not_counted(stall: Market) -> None:
    facility, sku = stall.item()
    before = stall.told("second", sku)
    counted = one(stall.db, "select counted_at from ops.stock_feeds where facility_id = %s", facility)
    try:
        stall.db.execute("update ops.stock_feeds set counted_at = now() - interval '2 days' where facility_id = %s", (facility,))
        stall.order("main", facility, sku, 1)
        assert stall.republish().run_id is None
        assert one(stall.db, CHANGES) == 0
        assert [row["facility_id"] for row in look(stall.db, FEEDS).rows] == [facility]
        tell(stall.db, FEEDS, look(stall.db, FEEDS))
        assert facility in one(stall.db, "select detail from ops.alerts where closed_at is null and scope like '%%counts%%'")
        assert stall.told("second", sku) == before
    finally:
        stall.db.execute("update ops.stock_feeds set counted_at = %s where facility_id = %s", (counted, facility))
        stall.db.commit()
    # counted again, though nothing moved since: what was missed is decided
    assert stall.republish().run_id
    stall.deliver()
    assert stall.behind(facility, sku) == []
    tell(stall.db, FEEDS, look(stall.db, FEEDS))
    assert one(stall.db, "select count(*) from ops.alerts where closed_at is null and scope like '%%counts%%'") == 0


def test_a_plan_says_nothing_of_what_it_does_not_know(stall: Market) -> None:
    """A count is believed for so long; when it is too old the numbers in force stay, and no plan replaces them by a guess."""
    facility, sku = stall.item()
    before = stall.told("second", sku)
    try:
        stall.db.execute("update ops.stock_policy set stale_after = '0'")
        stall.order("main", facility, sku, 0, stall.order("main", facility, sku, 1))
        run = decide(stall.db, EVERYTHING, stall.outlets)
        assert (run.stock_plan_rows, run.quota_rows, run.queued) == (0, 0, 0)
        assert run.items_unknown > 0 < run.safety_stock_rows
        assert stall.told("second", sku) == before
    finally:
        stall.db.execute("update ops.stock_policy set stale_after = '24 hours'")
        stall.db.commit()


def test_an_oversell_is_told_with_its_orders(stall: Market) -> None:
    facility, sku = stall.item()
    left = stall.shown("main", sku)[facility]
    first = stall.order("main", facility, sku, left)
    second = stall.order("second", facility, sku, 2)
    stall.republish()
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [0] * 3
    sight = look(stall.db, OVERSELLS)
    row = next(row for row in sight.rows if (row["facility_id"], row["sku"]) == (facility, sku))
    assert row["pieces"] == 2
    assert [order["order_id"] for order in row["orders"]] == [second]
    tell(stall.db, OVERSELLS, sight)
    detail = one(stall.db, "select detail from ops.alerts where closed_at is null and scope like '%%nothing_is_oversold'")
    assert f"shopify/second {second}" in detail
    stall.order("second", facility, sku, 0, second)
    stall.order("main", facility, sku, 0, first)


def test_without_a_plan_what_moved_waits_for_one(postgres: warehouse.Embedded, built_template: str, home: Path) -> None:
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as db:
        db.execute("insert into ops.stock_feeds values ('WH', now() - interval '1 minute')")
        db.execute("select ops.adjust_stock('a', 'receipt', 'WH', 'X', 5)")
        db.commit()
        assert Republisher(db, []).decide(sweep=True).run_id is None
        assert one(db, CHANGES) == 1
        decide(db, EVERYTHING)
        assert one(db, CHANGES) == 0
        assert one(db, "select shared_pool from planning.stock_plan where sku = 'X'") == 5
        assert Republisher(db, []).decide(sweep=True).run_id is None, "the plan has seen it"


def test_a_plan_that_began_before_a_sale_is_not_in_force_over_the_decision_about_it(stall: Market) -> None:
    """The plan holds its turn from before its look until it is in force; the event waits, looks later and knows more."""
    facility, sku = stall.item()
    before = stall.shown("main", sku)[facility]
    done: list[Any] = []

    def event() -> None:
        with warehouse.connect(stall.url) as other:
            done.append(Republisher(other, stall.outlets).decide())

    beside = threading.Thread(target=event)
    with decisions.turn(stall.db):
        stall.db.execute("select 1")  # it has looked
        with warehouse.connect(stall.url) as seller:
            Market(seller.info.dsn, seller, stall.states, stall.connections, stall.numbers).order("main", facility, sku, 1)
        beside.start()
        beside.join(0.5)
        assert beside.is_alive(), "it waits for its turn"
    beside.join(30)
    assert done[0].run_id
    stall.deliver()
    assert stall.shown("second", sku)[facility] == before - 1
    assert stall.wrong() == []


def test_two_republishers_decide_each_change_once(stall: Market) -> None:
    facility, sku = stall.item(8)
    events = one(stall.db, EVENTS)
    stop = threading.Event()
    decided: list[int] = []

    def work() -> None:
        with warehouse.connect(stall.url) as db:
            republisher = Republisher(db, stall.outlets)
            while not stop.is_set():
                done = republisher.decide()
                decided.append(done.run_id or 0)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    orders = [stall.order("main", facility, sku, 1) for _ in range(6)]
    soon(lambda: one(stall.db, CHANGES) == 0)
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join(30)
    runs = [run for run in decided if run]
    assert len(runs) == len(set(runs)) == one(stall.db, EVENTS) - events <= 6
    assert stall.wrong() == []
    for order in orders:
        stall.order("main", facility, sku, 0, order)


def test_the_process_lowers_the_others_and_raises_them_again_by_itself(stall: Market) -> None:
    facility, sku = stall.item()
    shops = {outlet: lambda shop=outlet.shop: stall.channel(shop) for outlet in stall.outlets}
    loop = Loop(lambda: warehouse.connect(stall.url), shops)
    beside = threading.Thread(target=loop.run)
    beside.start()
    try:
        for _ in range(5):
            before = stall.shown("second", sku)[facility]
            order = stall.order("main", facility, sku, 1)
            lowered = [before - 1] * len(SHOPS)
            soon(lambda wanted=lowered: [stall.shown(shop, sku)[facility] for shop in SHOPS] == wanted)  # type: ignore[misc]
            stall.order("main", facility, sku, 0, order)
            raised = [before] * len(SHOPS)
            soon(lambda wanted=raised: [stall.shown(shop, sku)[facility] for shop in SHOPS] == wanted)  # type: ignore[misc]
    finally:
        loop.stop()
        beside.join(30)
    assert not beside.is_alive()


def test_what_the_process_cannot_cope_with_ends_it(stall: Market) -> None:
    def broken() -> Any:
        raise ValueError("no such shop")

    with pytest.raises(ValueError, match="no such shop"):
        Loop(lambda: warehouse.connect(stall.url), {stall.outlets[0]: broken}).run()


@pytest.fixture(scope="module")
def shared(place: Market) -> Market:
    place.db.rollback()
    place.plan(SHARED)
    return place


HAPPENING = st.tuples(
    st.sampled_from(["sale", "cancel", "receipt", "loss", "hold", "release", "plan"]),
    st.integers(0, 3),
    st.sampled_from(SHOPS),
    st.integers(1, 5),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(HAPPENING, min_size=1, max_size=10))
def test_every_piece_is_accounted_for_after_each_event(shared: Market, happenings: Sequence[tuple[str, int, str, int]]) -> None:
    """What is set apart and the pool are together what is available, in the decision in force, whatever happens."""
    items = shared.db.execute(
        "select facility_id, sku from ops.stock_positions where facility_id <> 'default' order by sku, facility_id limit 4"
    ).fetchall()
    orders: list[tuple[str, str, str, str]] = []
    holds: list[str] = []
    for kind, number, shop, pieces in happenings:
        facility, sku = items[number]
        if kind == "sale":
            orders.append((shop, facility, sku, shared.order(shop, facility, sku, pieces)))
        elif kind == "cancel" and orders:
            shop, facility, sku, order = orders.pop(0)
            shared.order(shop, facility, sku, 0, order)
        elif kind in ("receipt", "loss"):
            shared.adjust(facility, sku, pieces if kind == "receipt" else -pieces)
        elif kind == "hold":
            holds.append(f"hold {next(shared.numbers)}")
            line = "jsonb_build_array(jsonb_build_object('sku', %s::text, 'quantity', %s::int))"
            shared.db.execute(f"select ops.hold(%s, 'shopify', %s, {line}, null, %s)", (holds[-1], shop, sku, pieces, facility))
            shared.db.commit()
        elif kind == "release" and holds:
            shared.db.execute("select ops.release_hold(%s)", (holds.pop(0),))
            shared.db.commit()
        elif kind == "plan":
            shared.plan(SHARED)
        shared.republish()
        assert shared.wrong() == []
        assert invariant_violations(shared.db) == 0
        assert one(shared.db, CHANGES) == 0
    shared.deliver()
    assert {item: shared.behind(*item) for item in items[:2] if shared.behind(*item)} == {}
    for shop, facility, sku, order in orders:
        shared.order(shop, facility, sku, 0, order)
    for hold in holds:
        shared.db.execute("select ops.release_hold(%s)", (hold,))
    shared.db.commit()
