"""Presales: first come, first served out of purchases; dates that slip are told; what nobody wants any more goes to the next."""

from datetime import timedelta

from tests.operations.ledger import MINUTE, Ledger


def waiting(stock: Ledger) -> None:
    """p1 and p2 want 3 each; PO1 brings 4 in five days, PO2 another 4 in nine."""
    for number, order in enumerate(("p1", "p2")):
        stock.order(order, ("n", 3), is_presale=True, facility_id="A", ordered_at=stock.start - (9 - number) * MINUTE)
    stock.purchase("PO1", "A", "n", 4, days=5)
    stock.purchase("PO2", "A", "n", 4, days=9)


def promised(stock: Ledger) -> list[tuple[str, str, int]]:
    return stock.rows("select order_id, po_id, quantity from ops.presale_promises order by 1, 2")


def dates(stock: Ledger) -> dict[str, int | None]:
    rows = stock.rows("select order_id, promised_at from ops.commitments where is_presale")
    return {order: at and (at - stock.start).days for order, at in rows}


def test_first_in_first_out_against_purchases(stock: Ledger) -> None:
    waiting(stock)
    assert promised(stock) == [("p1", "PO1", 3), ("p2", "PO1", 1), ("p2", "PO2", 2)]
    assert dates(stock) == {"p1": 5, "p2": 9}


def test_a_slip_re_dates_promises_and_lists_the_orders(stock: Ledger) -> None:
    waiting(stock)
    before = stock.ask("select max(change_id) from ops.promise_changes")
    stock.purchase("PO1", "A", "n", 4, days=20)
    assert dates(stock) == {"p1": 9, "p2": 20}
    changes = stock.rows(
        "select order_id, old_promised_at, new_promised_at from ops.promise_changes where change_id > %s order by 1", before
    )
    days = [timedelta(days=number) + stock.start for number in (5, 9, 20)]
    assert changes == [("p1", days[0], days[1]), ("p2", days[1], days[2])]


def test_a_promise_that_nothing_covers_has_no_date(stock: Ledger) -> None:
    waiting(stock)
    stock.db.execute("update unified.purchase_order_lines set status = 'cancelled' where po_id = 'PO2'")
    stock.ask("select ops.absorb_supply()")
    assert dates(stock) == {"p1": 5, "p2": None}


def test_what_arrived_and_is_not_wanted_goes_to_the_next_who_waits(stock: Ledger) -> None:
    waiting(stock)
    stock.purchase("PO1", "A", "n", 4, days=5, received=4, at=stock.start)
    stock.count({("A", "n"): 4})
    assert stock.position("A", "n") == {"on_hand": 4, "presale_reserve": 4, "presale_promised": 2}
    stock.say("p1", order_status="cancelled")
    assert stock.position("A", "n") == {"on_hand": 4, "presale_reserve": 3}
    assert stock.available("A", "n") == 1
    assert dates(stock)["p2"] == 9
    assert stock.is_sound()


def test_what_arrived_before_an_order_is_not_its(stock: Ledger) -> None:
    stock.purchase("PO1", "A", "n", 4, days=5)
    stock.order("p", ("n", 2), is_presale=True, facility_id="A", ordered_at=stock.start)
    stock.purchase("PO1", "A", "n", 4, days=5, received=4, at=stock.start - MINUTE)
    assert stock.position("A", "n") == {"on_hand": 4, "presale_promised": 2}


def test_a_presale_ships_what_has_arrived_for_it(stock: Ledger) -> None:
    waiting(stock)
    stock.purchase("PO1", "A", "n", 4, days=5, received=4, at=stock.start)
    stock.count({("A", "n"): 4})
    stock.ship("p1", 0, 3, whole=True)
    assert stock.position("A", "n") == {"on_hand": 1, "presale_reserve": 1, "presale_promised": 2}
    assert stock.is_sound()
