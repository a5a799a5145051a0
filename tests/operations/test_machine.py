"""The ledger step by step beside a model of a page: whatever happens in whatever order, both say the same after each step."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from psycopg.errors import CheckViolation

from sluice import proofs, warehouse
from tests.operations.ledger import Ledger
from tests.operations.model import FACILITIES, PARTS, Hold, Model, Order, Told

SPOT = ("s", "t", "kit")
pick = st.integers(0, 1_000)
pieces = st.integers(1, 3)
baskets = st.lists(st.tuples(st.sampled_from(SPOT), pieces), min_size=1, max_size=3)


class Machine(RuleBasedStateMachine):
    """Every example is one transaction that is rolled back. Times are ticks, all in the last two hours."""

    stock: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.stock.db.execute("begin")
        self.model = Model()
        self.tick = 1
        self.began = self.stock.ask("select now()") - timedelta(hours=2)

    def teardown(self) -> None:
        self.stock.db.rollback()

    def now(self) -> Any:
        self.tick += 1
        return self.time(self.tick)

    def time(self, tick: int) -> Any:
        return self.began + timedelta(seconds=tick)

    def one(self, names: Any, number: int) -> Any:
        ordered = sorted(names)
        return ordered[number % len(ordered)]

    # --- supply

    @initialize(numbers=st.lists(st.integers(0, 12), min_size=4, max_size=4))
    def first_count(self, numbers: list[int]) -> None:
        self.stock.facilities(*FACILITIES)
        self.stock.kit("kit", **PARTS["kit"])
        self._count(numbers, 0)

    @rule(numbers=st.lists(st.integers(0, 12), min_size=5, max_size=5), back=st.integers(0, 3))
    def count(self, numbers: list[int], back: int) -> None:
        """As of now, or of some ticks ago, but never of before the last."""
        self._count(numbers, back)

    def _count(self, numbers: list[int], back: int) -> None:
        self.tick += 1
        as_of = max(self.model.counted_at, self.tick - back)
        items = [("A", "s"), ("A", "t"), ("B", "s"), ("B", "t"), ("A", "n")]
        found = dict(zip(items, numbers, strict=False))
        self.stock.count(found, at=self.time(as_of))
        self.model.counted.clear()
        self.model.counted.update(found)
        self.model.counted_at = as_of

    @rule(
        facility=st.sampled_from(FACILITIES),
        sku=st.sampled_from(("s", "t")),
        change=st.integers(-3, 5).filter(bool),
        twice=st.booleans(),
    )
    def adjust(self, facility: str, sku: str, change: int, twice: bool) -> None:
        at = self.now()
        for _ in range(1 + twice):
            self.stock.ask(
                "select ops.adjust_stock(%s, 'adjustment', %s, %s, %s, %s)", f"a{self.tick}", facility, sku, change, at
            )
        self.model.moved.append((self.tick, (facility, sku), change))

    @rule(sku=st.sampled_from(("s", "t")), count=pieces, to_b=st.booleans())
    def transfer(self, sku: str, count: int, to_b: bool) -> None:
        here, there = FACILITIES if to_b else FACILITIES[::-1]
        at = self.now()
        fits = self.model.free((here, sku)) >= count
        assert fits == self._agrees(
            "select ops.transfer_stock(%s, %s, %s, %s, %s, %s)", f"t{self.tick}", here, there, sku, count, at
        )
        if fits:
            self.model.moved += [(self.tick, (here, sku), -count), (self.tick, (there, sku), count)]

    def _agrees(self, call: str, *values: object) -> bool:
        try:
            with self.stock.db.transaction():
                self.stock.ask(call, *values)
        except CheckViolation:
            return False
        return True

    # --- orders

    @rule(lines=baskets, is_known=st.booleans())
    def order(self, lines: list[tuple[str, int]], is_known: bool) -> None:
        """An order that the channel accepted; the ledger may hear of it later."""
        self._order(lines, is_known, is_presale=False)

    def _order(self, lines: list[tuple[str, int]], is_known: bool, is_presale: bool) -> str:
        at, name = self.now(), f"o{self.tick:04}"
        facility = "A" if is_presale else None
        self.stock.order(name, *lines, absorb=is_known, ordered_at=at, is_presale=is_presale, facility_id=facility)
        self.model.told[name] = Order([Told(sku, count) for sku, count in lines], self.tick, is_presale)
        if is_known:
            self.model.absorb(name)
        return name

    @precondition(lambda self: self.model.told)
    @rule(numbers=st.lists(pick, min_size=1, max_size=3))
    def tell(self, numbers: list[int]) -> None:
        """Late, again, in another order than it happened."""
        for name in dict.fromkeys(self.one(self.model.told, number) for number in numbers):
            self.stock.absorb(name, name)
            self.model.absorb(name)

    @precondition(lambda self: self.model.told)
    @rule(number=pick, line=pick, count=pieces, is_known=st.booleans())
    def ship(self, number: int, line: int, count: int, is_known: bool) -> None:
        name, at, told = self._line(number, line)
        order = self.model.told[name]
        count = min(count, told.open)
        arrived = self.model.kept.get((name, at, "n"))
        if count <= 0 or order.is_cancelled or (order.is_presale and (arrived is None or arrived.activated < count)):
            return
        told.shipped += count
        when, order.shipped_at = self.now(), self.tick
        is_whole = all(one.open <= 0 for one in order.lines)
        self.stock.db.execute(
            "insert into unified.shipments (channel, shop, order_id, shipment_id, shipped_at) values ('c', 'x', %s, %s, %s)",
            (name, str(self.tick), when),
        )
        self.stock.say_line(name, at, absorb=False, shipped_quantity=told.shipped)
        self.stock.say(name, absorb=False, fulfilment_status="shipped" if is_whole else "partially_shipped")
        self._known(name, is_known)

    @precondition(lambda self: self.model.told)
    @rule(number=pick, is_known=st.booleans())
    def cancel(self, number: int, is_known: bool) -> None:
        name = self.one(self.model.told, number)
        if any(line.open > 0 for line in self.model.told[name].lines):
            self.model.told[name].is_cancelled = True
            self.stock.say(name, absorb=False, order_status="cancelled")
            self._known(name, is_known)

    @precondition(lambda self: self.model.told)
    @rule(number=pick, line=pick, count=pieces, is_known=st.booleans())
    def cancel_some(self, number: int, line: int, count: int, is_known: bool) -> None:
        name, at, told = self._line(number, line)
        count = min(count, told.open)
        if count > 0 and not self.model.told[name].is_cancelled:
            told.cancelled += count
            self.stock.say_line(name, at, absorb=False, cancelled_quantity=told.cancelled)
            self._known(name, is_known)

    @precondition(lambda self: self.model.told)
    @rule(number=pick, line=pick, is_known=st.booleans())
    def refund(self, number: int, line: int, is_known: bool) -> None:
        """One piece; the channel says it is back."""
        name, at, told = self._line(number, line)
        if told.back >= told.shipped:
            return
        when = self.now()
        told.back, told.back_at = told.back + 1, self.tick
        self.stock.db.execute(
            "insert into unified.refunds (channel, shop, order_id, refund_id, line_id, quantity, completed_at)"
            " values ('c', 'x', %s, %s, %s, 1, %s)",
            (name, f"r{self.tick}", str(at), when),
        )
        self.stock.say_line(name, at, absorb=False, refunded_quantity=told.back)
        self._known(name, is_known)

    @precondition(lambda self: any(one.shipped for one in self.model.kept.values()))
    @rule(number=pick, disposition=st.sampled_from(("restock", "quarantine", "scrap")), twice=st.booleans())
    def take_back(self, number: int, disposition: str, twice: bool) -> None:
        """A facility has one piece back: where the channel said so already, it is that piece, put where the facility says."""
        name, line, part = key = self.one([key for key, one in self.model.kept.items() if one.shipped], number)
        one, at = self.model.kept[key], self.now()
        fits = one.received_back < one.shipped
        for _ in range(1 + twice):
            assert fits == self._agrees(
                "select ops.return_stock(%s, 'c', 'x', %s, %s, %s, 1, %s, %s)",
                f"k{self.tick}",
                name,
                str(line),
                part,
                disposition,
                at,
            )
        if not fits:
            return
        item, is_told = (one.facility, part), one.returned > one.received_back
        one.received_back += 1
        if disposition == "restock" and not is_told:
            self.model.moved.append((self.tick, item, 1))
        on_shelves = sum(count for tick, whose, count in self.model.returns if whose == key and tick > self.model.counted_at)
        if disposition != "restock" and is_told and on_shelves > 0:
            self.model.moved.append((self.tick, item, -1))
            self.model.returns.append((self.tick, key, -1))
        if disposition == "quarantine":
            self.model.unsellable[item] += 1

    @precondition(lambda self: any(one.quantity and not one.is_presale for one in self.model.kept.values()))
    @rule(number=pick)
    def move(self, number: int) -> None:
        held = [key for key, one in self.model.kept.items() if one.quantity and not one.is_presale]
        name, line, part = key = self.one(held, number)
        one = self.model.kept[key]
        there = FACILITIES[one.facility == "A"]
        fits = self.model.free((there, part)) >= one.quantity
        assert fits == self._agrees("select ops.move_reservation('c', 'x', %s, %s, %s, %s)", name, str(line), part, there)
        if fits:
            one.facility = there

    def _line(self, number: int, line: int) -> tuple[str, int, Told]:
        name = self.one(self.model.told, number)
        at = line % len(self.model.told[name].lines)
        return name, at, self.model.told[name].lines[at]

    def _known(self, name: str, is_known: bool) -> None:
        if is_known:
            self.stock.absorb(name)
            self.model.absorb(name)

    # --- presales

    @rule(count=pieces)
    def presale(self, count: int) -> None:
        self._order([("n", count)], is_known=True, is_presale=True)

    @rule(quantity=st.integers(1, 4), days=st.integers(1, 9))
    def purchase(self, quantity: int, days: int) -> None:
        self.tick += 1
        name = f"PO{self.tick:04}"
        self.stock.purchase(name, "A", "n", quantity, days)
        self.model.coming[name] = [days, quantity, 0]

    @precondition(lambda self: self.model.coming)
    @rule(number=pick, days=st.integers(1, 9))
    def slip(self, number: int, days: int) -> None:
        name = self.one(self.model.coming, number)
        _, quantity, got = self.model.coming[name]
        self.stock.purchase(name, "A", "n", quantity, days, received=got)
        self.model.coming[name][0] = days

    @precondition(lambda self: self.model.coming)
    @rule(number=pick, count=pieces)
    def receive(self, number: int, count: int) -> None:
        """What arrived lies on the shelves when it is next counted; it is the presales' at once."""
        name = self.one(self.model.coming, number)
        days, quantity, got = self.model.coming[name]
        count = min(count, quantity - got)
        self.stock.purchase(name, "A", "n", quantity, days, received=got + count, at=self.now())
        self.model.arrive(count, self.tick)
        self.model.coming[name][2] += count
        if got + count == quantity:
            del self.model.coming[name]

    # --- holds

    @rule(lines=baskets, is_late=st.booleans())
    def hold(self, lines: list[tuple[str, int]], is_late: bool) -> None:
        self.tick += 1
        name = f"h{self.tick:04}"
        expected = self.model.ask(lines)
        for _ in range(2):  # the second time it is the same
            answer = self.stock.hold(name, *lines, seconds=-1 if is_late else 600)
            if expected is None:
                assert answer["state"] == "refused"
            else:
                assert {(line["facility_id"], line["sku"]): line["quantity"] for line in answer["lines"]} == expected
        if expected is not None:
            self.model.holds[name] = Hold(expected, is_late=is_late)

    def _a_hold(self, number: int) -> tuple[str, Hold]:
        name = self.one(self.model.holds, number)
        return name, self.model.holds[name]

    @precondition(lambda self: self.model.holds)
    @rule(number=pick)
    def release(self, number: int) -> None:
        name, hold = self._a_hold(number)
        self.stock.ask("select ops.release_hold(%s)", name)
        if hold.state in ("held", "confirmed"):
            hold.state = "released"

    @precondition(lambda self: self.model.holds)
    @rule(number=pick, is_on=st.booleans())
    def review(self, number: int, is_on: bool) -> None:
        name, hold = self._a_hold(number)
        self.stock.ask("select ops.review_hold(%s, %s)", name, is_on)
        if hold.state in ("held", "confirmed"):
            hold.is_late = hold.is_late and (is_on or not hold.on_review)
            hold.on_review = is_on

    @rule()
    def expire(self) -> None:
        late = [hold for hold in self.model.holds.values() if hold.state == "held" and hold.is_late and not hold.on_review]
        assert self.stock.ask("select ops.expire_holds()") == len(late)
        for hold in late:
            hold.state = "expired"

    @precondition(lambda self: self.model.holds)
    @rule(number=pick, order=pick, lines=baskets, before=st.booleans())
    def confirm(self, number: int, order: int, lines: list[tuple[str, int]], before: bool) -> None:
        """A checkout's hold becomes an order's, which is known before, or is heard of later."""
        name, hold = self._a_hold(number)
        order_name = self.one(self.model.absorbed, order) if before and self.model.absorbed else self._order(lines, False, False)
        self.stock.ask("select ops.confirm_hold(%s, %s)", name, order_name)
        if hold.state == "held":
            hold.state, hold.order = "confirmed", order_name
        if hold.state == "confirmed" and hold.order in self.model.absorbed:
            hold.state = "consumed"

    # --- both say the same

    @invariant()
    def positions_are_equal(self) -> None:
        items = [(facility, sku) for facility in FACILITIES for sku in ("s", "t", "n")]
        assert {item: self.stock.position(*item) for item in items} == {item: self.model.at(item) for item in items}

    @invariant()
    def what_is_available_is_equal(self) -> None:
        rows = self.stock.rows("select facility_id, sku, available from ops.available where facility_id <> 'default'")
        assert [(item, free) for *item, free in rows] == [(item, self.model.free((item[0], item[1]))) for *item, _ in rows]

    @invariant()
    def holds_are_equal(self) -> None:
        found = dict(self.stock.rows("select hold_id, state from ops.holds"))
        assert found == {name: hold.state for name, hold in self.model.holds.items()}

    @invariant()
    def promises_are_equal(self) -> None:
        found = self.stock.rows("select order_id, po_id, quantity from ops.presale_promises")
        assert {(order, po): count for order, po, count in found} == dict(self.model.promises())
        dates = self.stock.rows("select order_id, promised_at from ops.commitments where is_presale and quantity > activated")
        for order, promised in dates:
            due = [self.model.coming[po][0] for (name, po) in self.model.promises() if name == order]
            waits = sum(one.quantity - one.activated for (name, _, _), one in self.model.kept.items() if name == order)
            covered = sum(count for (name, _), count in self.model.promises().items() if name == order) == waits
            assert promised == (self.stock.start + timedelta(days=max(due)) if covered else None)

    @invariant()
    def nothing_differs_when_derived_again(self) -> None:
        assert self.stock.rows("select * from ops.verify_stock()") == []


def test_the_ledger_and_the_model_agree(database_url: str) -> None:
    with warehouse.connect(database_url, autocommit=True) as db:
        db.execute(proofs.UNIFIED.read_text(encoding="utf-8"))

        class Here(Machine):
            stock = Ledger(db)

        run_state_machine_as_test(
            Here,
            settings=settings(max_examples=25, stateful_step_count=40, suppress_health_check=list(HealthCheck), print_blob=True),
        )
