"""What must hold after all of it, each a count of what was looked at and the first few things that break it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from sluice.proofs.assortment import CHANNEL, Item
from sluice.proofs.books import Books
from sluice.proofs.stockroom import Stockroom
from sluice.proofs.tally import Tally

SHOWN = 3
ROWS = frozenset({"items decided", "numbers published", "offers read", "pieces in quarantine", "holds swept", "holds refused"})
"""Counted, but no calls of their own."""

# The ledger told again from its first movement, item by item: what was free after each that takes only where there is enough. A
# reservation that moved is one whose transaction gave it back elsewhere.
REPLAYED = """
with told as (
    select
        m.*, m.xmin::text as wrote,
        sum(m.on_hand - m.committed - m.held - m.presale_reserve) over (
            partition by m.facility_id, m.sku order by m.movement_id
        ) as free
    from ops.stock_movements as m
),
strict as (
    select t.facility_id, t.sku, t.kind, t.movement_id, t.hold_id, t.order_id, t.free from told as t
    where t.kind in ('hold', 'transfer_out')
    union all
    select t.facility_id, t.sku, 'move', t.movement_id, t.hold_id, t.order_id, t.free from told as t
    where t.kind = 'reserve' and exists (
        select from told as r
        where
            r.kind = 'release' and r.wrote = t.wrote and r.channel = t.channel and r.shop = t.shop and r.order_id = t.order_id
            and r.line_id = t.line_id and r.sku = t.sku and r.facility_id <> t.facility_id
    )
)
select facility_id, sku, kind, movement_id, coalesce(hold_id, order_id), free from strict order by movement_id
"""
KEPT = """
select shop, order_id, line_id, sku, quantity, shipped, returned, received_back from ops.commitments
where channel = %s and (quantity, shipped, returned, received_back) <> (0, 0, 0, 0)
"""
# What each order line's movements add up to: reserved and not given back, sent, taken back.
MOVED = """
select
    shop, order_id, line_id, sku, sum(committed + presale_reserve + presale_promised),
    coalesce(sum(quantity) filter (where kind = 'ship'), 0),
    coalesce(sum(quantity) filter (where kind = 'return' and movement_key is null), 0),
    coalesce(sum(quantity) filter (where kind = 'return' and movement_key is not null), 0)
from ops.stock_movements where order_id is not null and channel = %s group by 1, 2, 3, 4
"""
HOLDS = """
select h.hold_id, h.state, h.on_review, coalesce(sum(m.held), 0), count(*) filter (where m.kind = 'unhold'),
    count(distinct m.facility_id || m.sku)
from ops.holds as h left join ops.stock_movements as m on m.hold_id = h.hold_id group by h.hold_id
"""
DECISIONS = """
select count(*), count(*) filter (where
    least(safety_stock, presale_reserve, committed, held, quota_total, shared_pool, oversold) < 0
    or on_hand + oversold <> safety_stock + presale_reserve + committed + held + quota_total + shared_pool
    or quota_total <> (
        select coalesce(sum(q.quota), 0) from planning.quotas as q
        where q.run_id = p.run_id and q.facility_id = p.facility_id and q.sku = p.sku
    )
) from planning.stock_plan as p
"""
# What a decision saw is what the ledger said at that movement.
SEEN = """
with told as (
    select facility_id, sku, movement_id, sum(on_hand) over w as on_hand, sum(committed) over w as committed,
        sum(held) over w as held
    from ops.stock_movements window w as (partition by facility_id, sku order by movement_id)
)
select count(*), count(*) filter (where (p.on_hand, p.committed, p.held) is distinct from (t.on_hand, t.committed, t.held))
from planning.stock_plan as p
left join told as t on t.facility_id = p.facility_id and t.sku = p.sku and t.movement_id = p.movement_id
where p.movement_id > 0
"""
# A line is promised no more than it waits for, a purchase promises no more than it will bring.
PROMISED = """
with promises as materialized (select * from ops.presale_promises),
by_line as (select channel, shop, order_id, line_id, sku, sum(quantity) as quantity from promises group by 1, 2, 3, 4, 5),
by_purchase as (
    select po_channel as channel, po_shop as shop, po_id, po_line_id as line_id, sum(quantity) as quantity
    from promises group by 1, 2, 3, 4
)
select
    (select count(*) from ops.commitments where is_presale),
    (
        select count(*) from by_line as p inner join ops.commitments as c using (channel, shop, order_id, line_id, sku)
        where p.quantity > c.quantity - c.activated
    ) + (
        select count(*) from by_purchase as p inner join ops.incoming as i using (channel, shop, po_id, line_id)
        where p.quantity > i.quantity - i.received_quantity
    )
"""


@dataclass(frozen=True)
class Check:
    """`looked_at` rows, of which `broken` break what `name` says."""

    name: str
    looked_at: int
    broken: int
    examples: tuple[str, ...] = ()


def check_all(db: Connection, books: Books, stockroom: Stockroom, safety: Mapping[Item, int], tally: Tally) -> list[Check]:
    """On a ledger at rest."""
    return [
        _never_sold_beyond(db, safety),
        _differing("accepted orders are as the channels' own books", books.lines(), _by_line(db, KEPT)),
        _moved_once(db, books),
        _differing("on hand is what lies on the shelves", stockroom.known(), _positions(db, "on_hand")),
        _differing("held is what the holds that stand hold", dict(books.held()), _positions(db, "held")),
        _holds_end_once(db, books),
        _sound(db),
        _counted("every decision accounts for every piece", db, DECISIONS),
        _counted("every decision saw the ledger at its movement", db, SEEN),
        _counted("no presale piece is promised twice", db, PROMISED),
        Check(
            "no shop is offered more than is available", tally.counts["offers read"],
            tally.counts["offers above what is available"],
        ),
        _undisturbed(db, tally),
    ]  # fmt: skip


def _never_sold_beyond(db: Connection, safety: Mapping[Item, int]) -> Check:
    """No hold, move or transfer left an item below nothing; no hold or move below its safety stock."""
    rows = db.execute(REPLAYED).fetchall()
    broken = []
    for facility, sku, kind, movement, whose, free in rows:
        least = 0 if kind == "transfer_out" else safety.get((facility, sku), 0)
        if free < least:
            broken.append(f"{kind} {whose or ''} (movement {movement}) left {free} of {sku} at {facility}, at least {least} stay")
    return _check("no hold, move or transfer took what was not there", len(rows), broken)


def _moved_once(db: Connection, books: Books) -> Check:
    """The movements of a line add up to its state: nothing was reserved, sent or taken back twice, or given back twice."""
    moved = _by_line(db, MOVED)
    kept = books.lines()
    broken = []
    for key in {*moved, *kept}:
        held, shipped, by_channel, by_facility = moved.get(key, (0, 0, 0, 0))
        quantity, sent, returned, received_back = kept.get(key, (0, 0, 0, 0))
        # what the facility told of first is not moved again for the channel
        once = by_channel == returned or (by_channel < returned and received_back > 0)
        if (held, shipped, by_facility) != (quantity, sent, received_back) or not once:
            broken.append(f"line {key}: {moved.get(key)} moved, {kept.get(key)} agreed")
    return _check("each piece was reserved, sent and given back once", len(moved), broken)


def _holds_end_once(db: Connection, books: Books) -> Check:
    broken = []
    rows = {row[0]: row[1:] for row in db.execute(HOLDS).fetchall()}
    for hold_id, held in books.holds.items():
        if hold_id not in rows:
            broken.append(f"{hold_id} is gone")
            continue
        state, on_review, still, unheld, items = rows[hold_id]
        stands = state in ("held", "confirmed")
        if state != (held.ended or "held") or (still != 0) != stands or unheld != (0 if stands else items):
            broken.append(f"{hold_id} is {state}, agreed {held.ended or 'held'}; holds {still}, given back {unheld} times")
        if state == "expired" and on_review:
            broken.append(f"{hold_id} expired on review")
    broken += [f"{hold_id} was refused and is kept" for hold_id in rows.keys() - books.holds.keys()]
    return _check("every hold ended once, as agreed", len(books.holds), broken)


def _sound(db: Connection) -> Check:
    rows = db.execute("select what, facility_id, sku, kept, recomputed from ops.verify_stock()").fetchall()
    items = db.execute("select count(*) from ops.stock_positions").fetchone() or (0,)
    return _check(
        "positions are the sum of their movements, of order lines, of holds", items[0],
        [f"{what} of {sku} at {facility}: {kept}, recomputed {again}" for what, facility, sku, kept, again in rows],
    )  # fmt: skip


def _undisturbed(db: Connection, tally: Tally) -> Check:
    row = db.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone() or (0,)
    faults = [f"{count} times {name}" for name, count in tally.faults.items()] + tally.told
    broken = sum(tally.faults.values()) + (row[0] if not tally.faults.get("DeadlockDetected") else 0)
    calls = sum(count for what, count in tally.counts.items() if what not in ROWS)
    return Check("no call failed, no deadlock", calls, broken, tuple(faults))


def _counted(name: str, db: Connection, query: str) -> Check:
    row = db.execute(query).fetchone() or (0, 0)
    return Check(name, row[0], row[1])


def _by_line(db: Connection, query: str) -> dict[tuple[str, ...], tuple[int, ...]]:
    return {row[:4]: tuple(int(number) for number in row[4:]) for row in db.execute(query, (CHANNEL,)).fetchall()}


def _positions(db: Connection, column: str) -> dict[Item, int]:
    rows = db.execute(f"select facility_id, sku, {column} from ops.stock_positions where {column} <> 0").fetchall()
    return {(facility, sku): count for facility, sku, count in rows}


def _differing(name: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Check:
    keys = {*expected, *found}
    broken = [f"{key}: {found.get(key)}, agreed {expected.get(key)}" for key in keys if expected.get(key) != found.get(key)]
    return _check(name, len(keys), broken)


def _check(name: str, looked_at: int, broken: Iterable[str]) -> Check:
    told = [*broken]
    return Check(name, looked_at, len(told), tuple(told[:SHOWN]))
