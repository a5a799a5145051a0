"""Movements, positions, and what facilities tell directly."""

import pytest
from psycopg.errors import CheckViolation, InvalidParameterValue, RaiseException

from sluice import warehouse
from sluice.operations.absorb import absorb
from tests.operations.ledger import Ledger


def test_a_transfer_takes_free_pieces_once(stock: Ledger) -> None:
    stock.count({("A", "s"): 5})
    stock.order("1", ("s", 3))
    for _ in range(2):
        stock.ask("select ops.transfer_stock('k', 'A', 'B', 's', 2)")
    assert (stock.position("A", "s"), stock.position("B", "s")) == ({"on_hand": 3, "committed": 3}, {"on_hand": 2})
    with pytest.raises(CheckViolation, match="only 0 pieces of s are free at A, not 1"):
        stock.ask("select ops.transfer_stock('l', 'A', 'B', 's', 1)")


def test_a_facility_says_where_a_returned_piece_went(stock: Ledger) -> None:
    """The channel thinks that it is for sale again; the facility knows better, whoever speaks first."""
    stock.count({("A", "s"): 10})
    for order in ("1", "2"):
        stock.order(order, ("s", 2))
        stock.ship(order, 0, 2, whole=True)
    stock.refund("1", "r", 0, 1)
    assert stock.position("A", "s") == {"on_hand": 7}
    stock.take_back("k1", "1", 0, "s", 1, "quarantine")
    assert stock.position("A", "s") == {"on_hand": 6, "unsellable": 1}
    stock.take_back("k2", "2", 0, "s", 1, "quarantine")
    stock.refund("2", "r", 0, 1)
    assert stock.position("A", "s") == {"on_hand": 6, "unsellable": 2}
    assert stock.is_sound()


def test_a_return_needs_a_disposition(stock: Ledger) -> None:
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 1))
    stock.ship("1", 0, 1, whole=True)
    with pytest.raises(InvalidParameterValue):
        stock.ask("select ops.return_stock('k', 'c', 'x', '1', '0', 's', 1, null)")


def test_an_order_read_twice_in_one_transaction_locks_no_new_items(stock: Ledger, database_url: str) -> None:
    """Cancelled, a line has no reason to look for a better place."""
    stock.count({("A", "s"): 5, ("B", "s"): 4})
    stock.order("1", ("s", 3))
    stock.order("2", ("s", 1), facility_id="A")
    stock.say("1", order_status="cancelled", absorb=False)
    with warehouse.connect(database_url) as db:
        for _ in range(2):
            db.execute("select ops.absorb_orders('c', 'x', '{1}')")
        row = db.execute("select facility_id, quantity from ops.commitments where order_id = '1'").fetchone()
    assert row == ("A", 0)


def test_the_newest_shipment_is_what_left_last(stock: Ledger) -> None:
    """The first of two was counted already; the second was not."""
    stock.count({("A", "s"): 10})
    stock.order("1", ("s", 4))
    stock.ship("1", 0, 1)
    stock.count({("A", "s"): 9})
    stock.ship("1", 0, 4, whole=True)
    assert stock.position("A", "s") == {"on_hand": 6}


def test_nothing_moves_an_item_that_nobody_locked(stock: Ledger) -> None:
    with pytest.raises(RaiseException, match="lock_items comes first"):
        stock.ask(
            "insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand)"
            " values (now(), 'A', 's', 'receipt', 1, 1) returning 1"
        )


def test_a_recipe_that_comes_later_is_applied_to_open_orders(stock: Ledger) -> None:
    """The ERP may be read after the shop, and a recipe may change while its orders wait."""
    stock.count({("A", "s"): 10, ("A", "t"): 10})
    stock.order("1", ("set", 2))
    stock.kit("set", s=1, t=1)
    absorb(stock.db)
    assert (stock.position("A", "s"), stock.position("A", "t")) == ({"on_hand": 10, "committed": 2},) * 2
    stock.db.execute("update unified.bundle_components set quantity = 3 where component_sku = 's'")
    absorb(stock.db)
    assert stock.position("A", "s") == {"on_hand": 10, "committed": 6}
    assert stock.is_sound()
