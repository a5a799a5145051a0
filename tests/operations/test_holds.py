"""Strict holds: all or nothing, in their order, once; and what becomes of them when their order comes."""

import json
import threading
import time
from random import Random

import pytest
from psycopg.errors import InvalidParameterValue

from sluice import warehouse
from sluice.operations.republish import Republisher
from sluice.proofs import UNIFIED
from sluice.proofs.assortment import CHANNEL, assortment
from sluice.proofs.opening import open_shops
from sluice.proofs.stockroom import Stockroom
from tests.operations.ledger import Ledger


def asked(hold_id: str, *lines: tuple[str, int], **more: object) -> dict[str, object]:
    return {"hold_id": hold_id, "channel": "c", "shop": "x", "lines": [{"sku": sku, "quantity": n} for sku, n in lines], **more}


def hold_many(stock: Ledger, *requests: dict[str, object]) -> list[dict[str, object]]:
    return [answer for (answer,) in stock.rows("select ops.hold_many(%s)", json.dumps(requests))]


def test_a_batch_is_decided_in_its_order(stock: Ledger) -> None:
    stock.count({("A", "s"): 3, ("A", "t"): 9})
    answers = hold_many(
        stock,
        asked("z", ("s", 2)),
        asked("y", ("s", 2), ("t", 1)),
        asked("x", ("s", 1)),
        asked("z", ("s", 1)),
        asked("w", ("s", 1)),
    )
    assert [(answer["hold_id"], answer["state"]) for answer in answers] == [
        ("z", "held"), ("y", "refused"), ("x", "held"), ("z", "held"), ("w", "refused"),
    ]  # fmt: skip
    assert answers[1]["short"] == [{"sku": "s", "wanted": 2, "available": 1}]
    assert answers[0] == answers[3]
    assert (stock.position("A", "s"), stock.position("A", "t")) == ({"on_hand": 3, "held": 3}, {"on_hand": 9})
    assert stock.ask("select count(*) from ops.holds") == 2
    assert stock.is_sound()


def test_one_facility_that_has_all_of_it_is_preferred(stock: Ledger) -> None:
    stock.count({("A", "s"): 9, ("A", "t"): 1, ("B", "s"): 3, ("B", "t"): 3})
    assert {line["facility_id"] for line in stock.hold("1", ("s", 2), ("t", 2))["lines"]} == {"B"}
    split = stock.hold("2", ("s", 5), ("t", 1))["lines"]
    assert {(line["sku"], line["facility_id"]) for line in split} == {("s", "A"), ("t", "A")}
    assert stock.hold("3", ("s", 2), facility="B")["state"] == "refused"
    assert stock.is_sound()


def test_lines_without_pieces_are_refused_loudly(stock: Ledger) -> None:
    stock.count({("A", "s"): 9})
    for lines in ([], [("s", 0)], [("s", 2), ("s", -1)]):
        with pytest.raises(InvalidParameterValue):
            stock.hold("h", *lines)
    assert stock.ask("select count(*) from ops.holds") == 0


def test_each_order_ships_from_where_its_own_hold_is(stock: Ledger) -> None:
    stock.count({("A", "s"): 2, ("B", "s"): 2})
    for number, facility in (("1", "A"), ("2", "B")):
        stock.hold(f"h{number}", ("s", 2), facility=facility)
        stock.ask("select ops.confirm_hold(%s, %s)", f"h{number}", number)
        stock.order(number, ("s", 2), absorb=False)
    stock.absorb("1", "2")
    assert stock.position("A", "s") == stock.position("B", "s") == {"on_hand": 2, "committed": 2}
    assert (stock.state("h1"), stock.state("h2")) == ("consumed", "consumed")


def test_a_confirmation_waits_for_its_order_that_is_being_read(stock: Ledger, database_url: str) -> None:
    """Neither could see the other: the hold would stand for ever beside its order."""
    stock.count({("A", "s"): 5})
    stock.hold("h", ("s", 2))
    stock.order("1", ("s", 2), absorb=False)
    with warehouse.connect(database_url) as reading, warehouse.connect(database_url, autocommit=True) as confirming:
        reading.execute("select ops.absorb_orders('c', 'x', '{1}')")
        confirmation = threading.Thread(target=lambda: confirming.execute("select ops.confirm_hold('h', '1')"))
        confirmation.start()
        time.sleep(0.2)
        assert confirmation.is_alive()
        reading.commit()
        confirmation.join()
    assert stock.state("h") == "consumed"
    assert stock.position("A", "s") == {"on_hand": 5, "committed": 2}


def test_batches_with_the_same_requests_in_another_order_do_not_wait_in_a_circle(stock: Ledger, database_url: str) -> None:
    stock.count({("A", "s"): 500, ("A", "t"): 500, ("B", "s"): 500})
    faults: list[Exception] = []

    def ask(backwards: bool) -> None:
        with warehouse.connect(database_url, autocommit=True) as db:
            for number in range(30):
                batch = [asked(f"{number}-{one}", ("st"[one % 2], 1)) for one in range(6)]
                try:
                    db.execute("select ops.hold_many(%s)", (json.dumps(batch[::-1] if backwards else batch),))
                    for request in batch:
                        db.execute("select ops.hold(%s, 'c', 'x', %s)", (request["hold_id"], json.dumps(request["lines"])))
                except Exception as fault:
                    faults.append(fault)

    threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert stock.ask("select sum(held) from ops.stock_positions") == 180
    assert stock.is_sound()


def test_what_arrives_fills_the_safety_stock_first(database_url: str) -> None:
    """A decision keeps no more of it than there was; the next piece is not free for all that."""
    with warehouse.connect(database_url, autocommit=True) as db:
        db.execute(UNIFIED.read_text(encoding="utf-8"))
        safety = open_shops(db, assortment(1, 10, Random(2)), Stockroom(), Random(2))
        item = next(item for item, pieces in safety.items() if pieces == 2)
        on_hand = "select on_hand from ops.stock_positions where facility_id = %s and sku = %s"
        row = db.execute(on_hand, item).fetchone()
        assert row
        db.execute("select ops.adjust_stock('out', 'adjustment', %s, %s, %s)", (*item, -row[0]))
        Republisher(db, ()).decide()
        db.execute("select ops.adjust_stock('in', 'receipt', %s, %s, 2)", item)
        lines = json.dumps([{"sku": item[1], "quantity": 1}])
        answer = db.execute("select ops.hold('h', %s, 'shop1', %s, null, %s)", (CHANNEL, lines, item[0])).fetchone()
    assert answer is not None
    assert answer[0]["state"] == "refused"
