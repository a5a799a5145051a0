"""Faults that other systems had with stock, a test each. The docstring names the project and its issue where it is public."""

import threading
from datetime import timedelta
from random import Random

import psycopg
import pytest
from psycopg.errors import CheckViolation
from typer.testing import CliRunner

from sluice import warehouse
from sluice.cli.main import app
from sluice.operations.absorb import absorb
from sluice.operations.outbox import Outlet
from sluice.operations.republish import Republisher
from sluice.proofs import UNIFIED
from sluice.proofs.assortment import CHANNEL, assortment
from sluice.proofs.opening import open_shops
from sluice.proofs.stockroom import Stockroom
from tests.operations.ledger import MINUTE, Ledger


def test_lines_that_share_a_component_are_summed(stock: Ledger) -> None:
    """1 (medusa 16502): each line alone would fit, together they don't."""
    stock.kit("duo", s=2)
    stock.kit("trio", s=3)
    stock.count({("A", "s"): 4})
    refused = stock.hold("h", ("duo", 1), ("trio", 1))
    assert refused["state"] == "refused"
    assert refused["short"] == [{"sku": "s", "wanted": 5, "available": 4}]
    assert stock.hold("h", ("duo", 1), ("s", 2))["lines"] == [{"sku": "s", "quantity": 4, "facility_id": "A"}]
    assert stock.is_sound()


def test_a_reservation_goes_where_the_stock_is(stock: Ledger) -> None:
    """2 (medusa 15132): not always to the first location."""
    stock.count({("A", "s"): 1, ("B", "s"): 9})
    stock.order("1", ("s", 3))
    assert stock.hold("h", ("s", 2))["lines"][0]["facility_id"] == "B"
    assert stock.position("B", "s") == {"on_hand": 9, "committed": 3, "held": 2}
    assert stock.position("A", "s") == {"on_hand": 1}


def test_moving_a_reservation_looks_at_what_is_there(stock: Ledger) -> None:
    """3 (medusa 16488)."""
    stock.count({("A", "s"): 5, ("B", "s"): 2})
    stock.order("1", ("s", 3))
    with pytest.raises(CheckViolation, match="only 2 pieces of s are available at B, not 3"):
        stock.ask("select ops.move_reservation('c', 'x', '1', '0', 's', 'B')")
    assert stock.position("A", "s") == {"on_hand": 5, "committed": 3}
    stock.count({("A", "s"): 5, ("B", "s"): 3})
    stock.ask("select ops.move_reservation('c', 'x', '1', '0', 's', 'B')")
    assert (stock.position("A", "s"), stock.position("B", "s")) == ({"on_hand": 5}, {"on_hand": 3, "committed": 3})
    assert stock.is_sound()


def test_what_ships_from_elsewhere_leaves_its_reservation_there(stock: Ledger) -> None:
    """4 (medusa 16338): the facility that ships loses the piece, the one that reserved it gets it free."""
    stock.count({("A", "s"): 5, ("B", "s"): 2})
    stock.order("1", ("s", 1))
    stock.say("1", facility_id="B", absorb=False)
    stock.ship("1", 0, 1, whole=True)
    assert (stock.position("A", "s"), stock.position("B", "s")) == ({"on_hand": 5}, {"on_hand": 1})
    assert stock.is_sound()


def test_a_paid_order_holds_stock_even_where_there_is_none(stock: Ledger) -> None:
    """5 (saleor 5334, 543): what a channel accepted is never left without its allocation, and the lack is told."""
    stock.order("1", ("s", 2))
    stock.count({("A", "t"): 1})
    absorb(stock.db)
    assert stock.position("A", "s") == {"committed": 2}
    [(facility, sku, pieces, orders)] = stock.rows("select * from ops.oversells")
    assert (facility, sku, pieces) == ("A", "s", 2)
    assert [(order["order_id"], order["pieces"]) for order in orders] == [("1", 2)]


def test_holds_at_once_take_no_more_than_there_is(stock: Ledger, database_url: str) -> None:
    """6 (medusa 16569): and the counter is the sum of what was given."""
    stock.count({("A", "s"): 7})
    given: list[str] = []
    gate = threading.Barrier(12)

    def buy(number: int) -> None:
        with warehouse.connect(database_url, autocommit=True) as db:
            gate.wait()
            for again in range(3):
                row = db.execute("select ops.hold(%s, 'c', 'x', '[{\"sku\": \"s\", \"quantity\": 1}]')", (f"{number}-{again}",))
                given.append((row.fetchone() or ({},))[0]["state"])

    buyers = [threading.Thread(target=buy, args=(number,)) for number in range(12)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert (given.count("held"), given.count("refused")) == (7, 29)
    assert stock.position("A", "s") == {"on_hand": 7, "held": 7}
    assert stock.is_sound()


def test_a_bundle_takes_its_components_at_every_till(stock: Ledger) -> None:
    """7 (erpnext 51227, 49108): by an accepted order and by a hold alike."""
    stock.kit("set", s=2, t=1)
    stock.count({("A", "s"): 10, ("A", "t"): 4})
    stock.order("1", ("set", 2))
    stock.hold("h", ("set", 1))
    assert stock.position("A", "s") == {"on_hand": 10, "committed": 4, "held": 2}
    assert stock.position("A", "t") == {"on_hand": 4, "committed": 2, "held": 1}
    stock.ship("1", 0, 2, whole=True)
    assert stock.position("A", "s") == {"on_hand": 6, "held": 2}
    assert stock.is_sound()


def test_drift_is_found(stock: Ledger) -> None:
    """8 (magento inventory 2722, 2727, 3165): everything derived can be derived again, and the ledger can't be rewritten."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 3))
    assert stock.is_sound()
    stock.db.execute("update ops.stock_positions set committed = 2 where sku = 's'")
    drifted = {(what, kept, again) for what, _, _, kept, again in stock.rows("select * from ops.verify_stock()")}
    assert drifted == {("committed, by its movements", 2, 3), ("committed, by order lines", 2, 3)}
    with pytest.raises(psycopg.errors.RestrictViolation):
        stock.db.execute("update ops.stock_movements set committed = 2")


def test_what_is_offered_is_available_not_on_hand(stock: Ledger) -> None:
    """9 (several WooCommerce and Magento connectors)."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 3))
    stock.hold("h", ("s", 2))
    stock.order("p", ("n", 1), is_presale=True)
    assert stock.rows("select sku, quantity from ops.offers('c', 'x', '{s}', 'A')") == [("s", 5)]


def test_the_same_quantity_again_is_another_decision(database_url: str) -> None:
    """10 (openlinker 2285): a number that returns to an earlier value goes out again; its id is not made from it."""
    goods = assortment(1, 2, Random(1))
    with warehouse.connect(database_url, autocommit=True) as db:
        db.execute(UNIFIED.read_text(encoding="utf-8"))
        open_shops(db, goods, Stockroom(), Random(1))
        republisher = Republisher(db, [Outlet(CHANNEL, "shop1", by_facility=False)])
        told = []
        for number, pieces in enumerate((-1, 1, -1)):
            db.execute("select ops.adjust_stock(%s, 'adjustment', 'A', 'SKU-0000', %s)", (str(number), pieces))
            republisher.decide()
            newest = "select decision_id, quantity from ops.outbox where sku = 'SKU-0000' order by message_id desc limit 1"
            told.append(db.execute(newest).fetchone() or ("", 0))
    numbers = [quantity for _, quantity in told]
    assert numbers[0] == numbers[2] == numbers[1] - 1
    assert len({decision for decision, _ in told}) == 3


def test_a_return_told_twice_comes_back_once(stock: Ledger) -> None:
    """11 (openlinker 2368): by the same facility again, by the channel again, and by both."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 4))
    stock.ship("1", 0, 4, whole=True)
    for _ in range(2):
        assert stock.take_back("k1", "1", 0, "s", 1, "restock") == 1
    assert stock.position("A", "s") == {"on_hand": 7}
    stock.refund("1", "r1", 0, 1)
    stock.absorb("1")
    assert stock.position("A", "s") == {"on_hand": 7}
    stock.refund("1", "r2", 0, 1)
    stock.absorb("1")
    assert stock.position("A", "s") == {"on_hand": 8}
    with pytest.raises(CheckViolation):
        stock.take_back("k2", "1", 0, "s", 4, "restock")
    assert stock.is_sound()


def test_events_in_any_order_and_number_end_alike(stock: Ledger) -> None:
    """12 (ShopifySharp 919, shopify-app-js 603): cancelled before created, refunded before the order, each more than once."""
    stock.count({("A", "s"): 10})
    stock.absorb("1")  # told of before it can be read
    stock.order("1", ("s", 2), order_status="cancelled")
    stock.absorb("1", "1")
    assert stock.position("A", "s") == {"on_hand": 10}
    stock.refund("2", "r", 0, 1)
    stock.order("2", ("s", 2), order_status="completed", fulfilment_status="shipped")
    assert stock.position("A", "s") == {"on_hand": 9}
    for _ in range(2):
        stock.absorb("2", "1")
    assert stock.position("A", "s") == {"on_hand": 9}
    assert stock.is_sound()


def test_an_order_that_could_not_be_read_is_not_lost(stock: Ledger) -> None:
    """13: what fails is told as a failure; what can't be read yet waits and is taken in later."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 2), absorb=False)
    stock.db.execute("alter table unified.orders rename to away")
    stock.absorb("1")
    assert stock.position("A", "s") == {"on_hand": 10}
    stock.db.execute("alter table unified.away rename to orders")
    absorb(stock.db)
    assert stock.position("A", "s") == {"on_hand": 10, "committed": 2}
    stock.order("2", ("s", 1), absorb=False)
    stock.db.execute("alter table ops.commitments add constraint broken check (order_id <> '2')")
    with pytest.raises(CheckViolation):
        stock.absorb("2")
    assert stock.position("A", "s") == {"on_hand": 10, "committed": 2}


def test_a_hold_on_review_is_not_published_again(stock: Ledger) -> None:
    """14: it outlives its time while a fraud check runs, and has its time again after it."""
    stock.count({("A", "s"): 1})
    stock.hold("h", ("s", 1), seconds=-1)
    stock.ask("select ops.review_hold('h', true)")
    assert stock.ask("select ops.expire_holds()") == 0
    assert stock.available("A", "s") == 0
    stock.ask("select ops.review_hold('h', false)")
    assert stock.ask("select ops.expire_holds()") == 0
    assert stock.ask("select expires_at > now() + interval '9 minutes' from ops.holds")


def test_a_count_that_knows_of_a_sale_is_not_reduced_again(stock: Ledger) -> None:
    """15: the ERP's own number fell already; and what left after the count is taken off it, however late it is told."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 2))
    stock.order("2", ("s", 3))
    now = stock.ask("select clock_timestamp()")
    stock.db.execute("insert into unified.shipments values ('c', 'x', '1', 's1', %s)", (now - MINUTE / 60,))
    stock.count({("A", "s"): 8}, at=now)
    stock.say_line("1", 0, absorb=False, shipped_quantity=2)
    stock.say("1", fulfilment_status="shipped")
    assert stock.position("A", "s") == {"on_hand": 8, "committed": 3}
    stock.ship("2", 0, 3, whole=True)
    assert stock.position("A", "s") == {"on_hand": 5}
    stock.ask("select ops.absorb_supply()")
    assert stock.position("A", "s") == {"on_hand": 5}
    assert stock.is_sound()


def test_a_hold_tried_again_after_a_crash_is_the_same_hold(stock: Ledger, database_url: str) -> None:
    """16: before its commit nothing is left behind, after it the retry gets what there is; neither wedges on its own stock."""
    stock.count({("A", "s"): 1})
    with warehouse.connect(database_url) as crashing:
        crashing.execute("select ops.hold('h', 'c', 'x', '[{\"sku\": \"s\", \"quantity\": 1}]')")
        crashing.rollback()
    first = stock.hold("h", ("s", 1))
    assert first["state"] == "held"
    assert stock.hold("h", ("s", 1)) == first
    assert stock.position("A", "s") == {"on_hand": 1, "held": 1}


def test_unknown_stock_gives_no_number(stock: Ledger) -> None:
    """17: a facility whose feed is stale, or that has none, has nothing to give and gets no decision."""
    stock.count({("A", "s"): 5}, at=stock.start - timedelta(hours=25))
    stock.ask("select ops.adjust_stock('k', 'receipt', 'W', 's', 7)")
    assert stock.rows("select facility_id, is_known from ops.available order by 1") == [("A", False), ("W", False)]
    refused = stock.hold("h", ("s", 1))
    assert refused["short"] == [{"sku": "s", "wanted": 1, "available": 0}]
    assert stock.rows("select distinct quantity from ops.offers('c', 'x', '{s}', null)") == [(0,)]


def test_a_place_that_was_left_is_not_taken_again(stock: Ledger) -> None:
    """18: an order line that was moved away from a facility stays where it was moved to, whatever is told of it again."""
    stock.count({("A", "s"): 9, ("B", "s"): 3})
    stock.order("1", ("s", 1))
    stock.ask("select ops.move_reservation('c', 'x', '1', '0', 's', 'B')")
    for _ in range(3):
        stock.absorb("1")
    assert (stock.position("A", "s"), stock.position("B", "s")) == ({"on_hand": 9}, {"on_hand": 3, "committed": 1})


def test_cancelling_the_rest_gives_back_the_rest(stock: Ledger) -> None:
    """19: what was shipped in part stays shipped."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 4))
    stock.ship("1", 0, 1)
    stock.say("1", order_status="cancelled")
    assert stock.position("A", "s") == {"on_hand": 9}
    assert stock.ask("select shipped from ops.commitments") == 1
    assert stock.is_sound()


def test_an_order_over_two_facilities_stays_one_order(stock: Ledger) -> None:
    """20: its lines are at two places, its id is the channel's own, once."""
    stock.count({("A", "s"): 5, ("B", "t"): 5})
    stock.order("1", ("s", 1), ("t", 2))
    lines = stock.rows("select channel, shop, order_id, line_id, facility_id from ops.commitments order by line_id")
    assert lines == [("c", "x", "1", "0", "A"), ("c", "x", "1", "1", "B")]
    stock.say("1", order_status="cancelled")
    assert stock.rows("select distinct order_id from ops.stock_movements where order_id is not null") == [("1",)]


def test_the_proof_can_be_reached() -> None:
    """21 (openlinker 2942): tested from the entry that a user has."""
    told = CliRunner().invoke(app, ["prove", "--help"])
    assert told.exit_code == 0
    assert "oversell" in told.output


def test_presale_and_spot_stay_apart(stock: Ledger) -> None:
    """22: the day passes and nothing leaks to spot; what arrives is the presale's, in turn; spot stock fills no presale."""
    stock.count({("A", "n"): 2})
    stock.purchase("PO1", "A", "n", 3, days=-1)
    stock.order("p1", ("n", 2), is_presale=True, ordered_at=stock.start - 3 * MINUTE)
    stock.order("p2", ("n", 2), is_presale=True, ordered_at=stock.start - 2 * MINUTE)
    assert stock.position("A", "n") == {"on_hand": 2, "presale_promised": 4}
    assert stock.available("A", "n") == 2
    stock.purchase("PO1", "A", "n", 3, days=-1, received=3, at=stock.start)
    stock.count({("A", "n"): 5})
    assert stock.position("A", "n") == {"on_hand": 5, "presale_reserve": 3, "presale_promised": 1}
    assert stock.available("A", "n") == 2
    assert stock.rows("select order_id, activated from ops.commitments order by 1") == [("p1", 2), ("p2", 1)]
    assert stock.hold("h", ("n", 3))["state"] == "refused"
    assert stock.is_sound()
