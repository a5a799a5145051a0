"""A stock ledger in a page: what holds pieces is remembered, every number is summed up afresh. No SQL was read to write it."""

from collections import Counter
from dataclasses import dataclass, field

FACILITIES = ("A", "B")
PARTS = {"s": {"s": 1}, "t": {"t": 1}, "kit": {"s": 2, "t": 1}, "n": {"n": 1}}

Item = tuple[str, str]


@dataclass
class Told:
    """An order line as its channel tells it. Times are ticks."""

    sku: str
    quantity: int
    cancelled: int = 0
    shipped: int = 0
    back: int = 0
    back_at: int = 0

    @property
    def open(self) -> int:
        return self.quantity - self.cancelled - self.shipped


@dataclass
class Order:
    lines: list[Told]
    at: int
    is_presale: bool = False
    is_cancelled: bool = False
    shipped_at: int = 0


@dataclass
class Kept:
    """A component of a line as the ledger has taken it in."""

    facility: str
    at: int
    is_presale: bool
    quantity: int = 0
    activated: int = 0
    shipped: int = 0
    returned: int = 0
    received_back: int = 0


@dataclass
class Hold:
    pieces: dict[Item, int]
    state: str = "held"
    on_review: bool = False
    is_late: bool = False
    order: str | None = None


@dataclass
class Model:
    counted: Counter[Item] = field(default_factory=Counter)
    counted_at: int = 0
    moved: list[tuple[int, Item, int]] = field(default_factory=list)
    """(tick, item, pieces) of what came and went on the shelves."""
    unsellable: Counter[Item] = field(default_factory=Counter)
    returns: list[tuple[int, tuple[str, int, str], int]] = field(default_factory=list)
    """(tick, line, pieces) that are on the shelves since the channel said so, and taken off again since a facility did."""
    told: dict[str, Order] = field(default_factory=dict)
    kept: dict[tuple[str, int, str], Kept] = field(default_factory=dict)
    absorbed: set[str] = field(default_factory=set)
    holds: dict[str, Hold] = field(default_factory=dict)
    coming: dict[str, list[int]] = field(default_factory=dict)
    """Purchase of n at A -> [due, quantity, received]."""

    # --- numbers, each summed up afresh

    def on_hand(self, item: Item) -> int:
        return self.counted[item] + sum(pieces for at, moved, pieces in self.moved if moved == item and at > self.counted_at)

    def at(self, item: Item) -> dict[str, int]:
        lines = [one for (_, _, part), one in self.kept.items() if (one.facility, part) == item]
        found = {
            "on_hand": self.on_hand(item),
            "committed": sum(one.quantity for one in lines if not one.is_presale),
            "held": sum(hold.pieces.get(item, 0) for hold in self.holds.values() if hold.state in ("held", "confirmed")),
            "presale_reserve": sum(one.activated for one in lines if one.is_presale),
            "presale_promised": sum(one.quantity - one.activated for one in lines if one.is_presale),
            "unsellable": self.unsellable[item],
        }
        return {term: pieces for term, pieces in found.items() if pieces}

    def free(self, item: Item) -> int:
        found = self.at(item)
        return found.get("on_hand", 0) - sum(found.get(term, 0) for term in ("committed", "held", "presale_reserve"))

    def waiting(self) -> list[tuple[tuple[str, int, str], Kept]]:
        """Presales that have not arrived, first come first."""
        lines = [(key, one) for key, one in self.kept.items() if one.is_presale and one.quantity > one.activated]
        return sorted(lines, key=lambda line: (line[1].at, line[0]))

    def promises(self) -> Counter[tuple[str, str]]:
        """(order, purchase) -> pieces: who waits longest gets what comes first."""
        supply = [
            [quantity - got, po] for po, (due, quantity, got) in sorted(self.coming.items(), key=lambda one: (one[1][0], one[0]))
        ]
        found: Counter[tuple[str, str]] = Counter()
        for (order, _, _), one in self.waiting():
            need = one.quantity - one.activated
            for lot in supply:
                part = min(need, int(lot[0]))
                lot[0], need = int(lot[0]) - part, need - part
                if part:
                    found[order, str(lot[1])] += part
        return found

    # --- what happens

    def absorb(self, name: str) -> None:
        order = self.told[name]
        self.absorbed.add(name)
        mine = [hold for hold in self.holds.values() if hold.order == name and hold.state == "confirmed"]
        places = {
            (number, part): self._place(name, number, part, mine)
            for number, line in enumerate(order.lines)
            for part in PARTS[line.sku]
        }
        for hold in mine:
            hold.state = "consumed"
        arrived_free = 0
        for number, line in enumerate(order.lines):
            for part, each in PARTS[line.sku].items():
                key, facility = (name, number, part), places[number, part]
                quantity = 0 if order.is_cancelled else max(0, line.open) * each
                shipped, back = line.shipped * each, min(line.shipped, line.back) * each
                was = self.kept.get(key)
                late = (shipped and order.shipped_at > self.counted_at) or (back and line.back_at > self.counted_at)
                if was is None and not quantity and not late:
                    continue
                one = was or Kept(facility, order.at, order.is_presale)
                gone, came = shipped - one.shipped, max(back, one.received_back) - max(one.returned, one.received_back)
                if gone:
                    self.moved.append((order.shipped_at, (facility, part), -gone))
                if came:
                    self.moved.append((line.back_at, (facility, part), came))
                    self.returns.append((line.back_at, key, came))
                left = max(0, one.activated - min(max(gone, 0), one.quantity))
                one.activated = min(left, quantity)
                arrived_free += left - one.activated
                one.facility, one.quantity, one.shipped, one.returned = facility, quantity, shipped, back
                self.kept[key] = one
        self.arrive(arrived_free)

    def _place(self, name: str, number: int, part: str, mine: list[Hold]) -> str:
        line = self.told[name].lines[number]
        if self.told[name].is_presale:
            return "A"
        was = self.kept.get((name, number, part))
        wants = 0 if self.told[name].is_cancelled else line.open
        if was and (was.quantity or was.shipped or not wants):
            return was.facility
        held = sorted(facility for hold in mine for facility, sku in hold.pieces if sku == part)
        return held[0] if held else max(FACILITIES, key=lambda facility: (self.free((facility, part)), -ord(facility)))

    def arrive(self, pieces: int, at: int | None = None) -> None:
        """Pieces for presales go to who waits longest, not to orders younger than they."""
        for _, one in self.waiting():
            if at is None or one.at <= at:
                part = min(pieces, one.quantity - one.activated)
                one.activated += part
                pieces -= part

    def ask(self, lines: list[tuple[str, int]]) -> dict[Item, int] | None:
        """Where a hold of these lines would be; None where it is refused."""
        wants: Counter[str] = Counter()
        for sku, pieces in lines:
            for part, each in PARTS[sku].items():
                wants[part] += pieces * each
        slack = {facility: min(self.free((facility, part)) - pieces for part, pieces in wants.items()) for facility in FACILITIES}
        whole = max(FACILITIES, key=lambda facility: (slack[facility], -ord(facility)))
        if slack[whole] >= 0:
            return {(whole, part): pieces for part, pieces in wants.items()}
        best = {part: max(FACILITIES, key=lambda facility: (self.free((facility, part)), -ord(facility))) for part in wants}
        if any(self.free((best[part], part)) < pieces for part, pieces in wants.items()):
            return None
        return {(best[part], part): pieces for part, pieces in wants.items()}
