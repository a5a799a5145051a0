"""Why a channel was told a number: every term of it with the rows that it comes from, to the piece, at any past instant.

The chain: a message of the outbox -> the decisions that were in force when it was queued -> the split of each item's stock, its
quotas and safety stock -> the ledger's movements up to the one that the decision knew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

from sluice.operations.safety_words import formula, terms

Row = dict[str, Any]

# What each listing showed at that instant: the newest number that the channel had taken.
MESSAGES = """
select distinct on (o.listing_id, coalesce(o.facility_id, ''))
    o.message_id, o.decision_id, o.run_id, o.channel, o.shop, o.sku, o.listing_id, o.facility_id, o.quantity, o.sent_at,
    o.read_back
from ops.outbox as o
where
    o.sku = %(sku)s and o.channel = %(channel)s and o.shop = %(shop)s and o.state = 'sent'
    and o.sent_at <= coalesce(%(at)s, now())
    and (%(facility)s::text is null or o.facility_id is null or o.facility_id = %(facility)s)
order by o.listing_id, coalesce(o.facility_id, ''), o.sent_at desc, o.message_id desc
"""
PARTS = """
select sku, pieces, is_bundle from (
    select %(sku)s::text as sku, 1 as pieces, false as is_bundle
    union all
    select component_sku, quantity, true from unified.bundle_components where bundle_sku = %(sku)s
) as p order by is_bundle, sku
"""
# A plan of before there was a ledger has no basis; its rows know no movement.
IS_BEFORE_LEDGER = """
select r.kind = 'plan' and not exists (select from planning.basis as b where b.run_id = r.run_id) as is_before
from planning.runs as r where r.run_id = %(run)s
"""
# Decisions are numbered in the order in which they came into force: the newest up to the message's is the one it was queued by.
IN_FORCE = """
select
    p.run_id, p.facility_id, p.sku, p.movement_id, p.on_hand, p.committed, p.held, p.presale_reserve, p.safety_stock, p.oversold,
    p.quota_total, p.shared_pool, q.quota, q.protected, q.published, q.rule,
    r.kind, coalesce(r.base_run_id, r.run_id) as base_run_id, coalesce(r.finished_at, r.started_at) as decided_at,
    coalesce((r.policy ->> 'review_period_days')::integer, 0) as review_period_days
from planning.decided as d
cross join lateral (
    select s.* from planning.stock_plan as s
    where
        s.sku = d.sku and s.facility_id = d.facility_id and s.run_id <= %(run)s
        and s.run_id >= (select min(b.run_id) from planning.basis as b)
    order by s.run_id desc limit 1
) as p
inner join planning.quotas as q
    on q.run_id = p.run_id and q.facility_id = p.facility_id and q.sku = p.sku and q.channel = %(channel)s and q.shop = %(shop)s
inner join planning.runs as r on r.run_id = p.run_id
where d.sku = %(sku)s and (%(facility)s::text is null or d.facility_id = %(facility)s)
order by p.facility_id
"""
OTHERS = """
select channel, shop, quota, rule from planning.quotas
where
    run_id = %(run)s and facility_id = %(facility)s and sku = %(sku)s and quota > 0
    and (channel, shop) <> (%(channel)s::text, %(shop)s::text)
order by channel, shop
"""
SAFETY = """
select
    safety_stock as wanted, demand_mean, demand_sd, lead_time_mean_days, lead_time_sd_days, lead_time_source, service_level,
    method, target_kind, abc, review_period_days, quantile, error_shift, error_spread, policy
from planning.safety_stock where run_id = %(run)s and facility_id = %(facility)s and sku = %(sku)s
"""
COUNT = """
select movement_id, recorded_at, occurred_at, quantity from ops.stock_movements
where facility_id = %(facility)s and sku = %(sku)s and movement_id <= %(movement)s and kind = 'snapshot'
order by movement_id desc limit 1
"""
# After a count: what was recorded since, and what was on record already and happened after it.
MOVED = """
select
    movement_id, recorded_at, occurred_at, kind, quantity, on_hand, disposition, channel, shop, order_id, line_id, reference,
    movement_key
from ops.stock_movements
where
    facility_id = %(facility)s and sku = %(sku)s and movement_id <= %(movement)s and on_hand <> 0
    and (
        movement_id > %(count)s
        or (movement_id < %(count)s and kind <> 'snapshot' and occurred_at > %(counted_at)s)
    )
order by movement_id
"""
ORDERS = """
select
    channel, shop, order_id, line_id, sum(committed)::integer as committed, sum(presale_reserve)::integer as presale_reserve,
    min(occurred_at) as since, array_agg(movement_id order by movement_id) as movements
from ops.stock_movements
where
    facility_id = %(facility)s and sku = %(sku)s and movement_id <= %(movement)s and (committed <> 0 or presale_reserve <> 0)
group by channel, shop, order_id, line_id
having sum(committed) <> 0 or sum(presale_reserve) <> 0
order by min(movement_id)
"""
HOLDS = """
select hold_id, channel, shop, sum(held)::integer as held, min(occurred_at) as since,
    array_agg(movement_id order by movement_id) as movements
from ops.stock_movements
where facility_id = %(facility)s and sku = %(sku)s and movement_id <= %(movement)s and held <> 0
group by hold_id, channel, shop having sum(held) <> 0
order by min(movement_id)
"""


class NothingPublished(ValueError):
    """There is no such number. The message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """`pieces` with their sign; `sources` add up to them where they are rows of the ledger or of a decision."""

    name: str
    pieces: int
    note: str = ""
    sources: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Item:
    """What a SKU at a facility had for the shop. `terms` sum to `published`; `faults` says where rows contradict each other."""

    facility_id: str
    sku: str
    run_id: int
    kind: str
    base_run_id: int
    decided_at: datetime
    movement_id: int
    rule: str
    published: int
    terms: list[Term]
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Component:
    """`makes` = published / in_one, whole bundles."""

    sku: str
    in_one: int
    published: int
    makes: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a facility adds to a number. Of a bundle `item` is the scarcest component; `left_over` pieces of it make no bundle."""

    facility_id: str
    pieces: int
    components: list[Component]
    in_one: int
    left_over: int
    item: Item


@dataclass(frozen=True, slots=True)
class Explanation:
    """A published number: the places' pieces sum to it. `faults` is empty where everything adds up.

    `is_before_ledger`: decided before there was a ledger; then there are no places.
    """

    message_id: int
    decision_id: str
    run_id: int
    channel: str
    shop: str
    sku: str
    listing_id: str
    facility_id: str | None
    number: int
    sent_at: datetime
    read_back: int | None
    is_before_ledger: bool
    places: list[Place]
    faults: list[str]

    @property
    def adds_up(self) -> bool:
        return not self.faults and not any(place.item.faults for place in self.places)


def explain(
    db: Connection, sku: str, channel: str, shop: str, facility: str | None = None, at: datetime | None = None
) -> list[Explanation]:
    """The number of each listing of the SKU at `at` (None: now), by facility where the channel keeps one a facility.

    Raises NothingPublished.
    """
    with db.transaction():
        found = _rows(db, MESSAGES, {"sku": sku, "channel": channel, "shop": shop, "facility": facility, "at": at})
        if not found:
            where = f" at {facility}" if facility else ""
            raise NothingPublished(f"{channel}/{shop} had taken no number for {sku}{where} by then")
        return [_explained(db, message, facility) for message in found]


def _explained(db: Connection, message: Row, facility: str | None) -> Explanation:
    is_before = _rows(db, IS_BEFORE_LEDGER, {"run": message["run_id"]})
    before = bool(is_before and is_before[0]["is_before"])
    places = [] if before else list(_places(db, message))
    faults = []
    total = sum(place.pieces for place in places)
    if not before and total != message["quantity"]:
        faults.append(f"the decisions in force give {total}, the message says {message['quantity']}")
    names = ("message_id", "decision_id", "run_id", "channel", "shop", "sku", "listing_id", "facility_id", "sent_at", "read_back")
    if facility and message["facility_id"] is None:
        # One number for all facilities: the one that was asked for is shown, what it adds up with is in `faults` either way.
        places = [place for place in places if place.facility_id == facility]
    return Explanation(
        **{name: message[name] for name in names},
        number=message["quantity"],
        is_before_ledger=before,
        places=places,
        faults=faults,
    )


def _places(db: Connection, message: Row) -> Iterable[Place]:
    """What each facility adds, by the SKU's own stock and as a bundle."""
    shop = {"channel": message["channel"], "shop": message["shop"], "run": message["run_id"], "facility": message["facility_id"]}
    parts = _rows(db, PARTS, {"sku": message["sku"]})
    for is_bundle in (False, True):
        mine = [part for part in parts if part["is_bundle"] == is_bundle]
        decided: dict[str, list[tuple[Row, Row]]] = {}
        for part in mine:
            for row in _rows(db, IN_FORCE, shop | {"sku": part["sku"]}):
                decided.setdefault(row["facility_id"], []).append((part, row))
        for facility_id, found in sorted(decided.items()):
            # a bundle ships from one facility: where a component was never decided there is none
            if len(found) == len(mine):
                yield _place(db, facility_id, found, shop)


def _place(db: Connection, facility_id: str, found: list[tuple[Row, Row]], shop: Mapping[str, Any]) -> Place:
    part, scarcest = min(found, key=lambda pair: (pair[1]["published"] // pair[0]["pieces"], pair[0]["sku"]))
    pieces = scarcest["published"] // part["pieces"]
    components = [
        Component(one["sku"], one["pieces"], row["published"], row["published"] // one["pieces"])
        for one, row in found
        if one["is_bundle"]
    ]
    left_over = scarcest["published"] - pieces * part["pieces"]
    return Place(facility_id, pieces, components, part["pieces"], left_over, _item(db, scarcest, shop))


def _item(db: Connection, row: Row, shop: Mapping[str, Any]) -> Item:
    """The terms of one decision's number for one shop, each beside what the ledger says of it."""
    key = {"facility": row["facility_id"], "sku": row["sku"], "movement": row["movement_id"], "run": row["run_id"]}
    key |= {"channel": shop["channel"], "shop": shop["shop"]}
    on_hand = _on_hand(db, key)
    orders = _rows(db, ORDERS, key)
    held = _rows(db, HOLDS, key)
    others = _rows(db, OTHERS, key)
    protected = min(row["protected"], row["shared_pool"])
    cut = row["quota"] + row["shared_pool"] - protected - row["published"]
    terms = [
        Term("on hand", row["on_hand"], *on_hand),
        Term("committed to orders", -row["committed"], sources=_of(orders, "committed")),
        Term("held for checkouts", -row["held"], sources=_of(held, "held")),
        Term("presale reserve", -row["presale_reserve"], sources=_of(orders, "presale_reserve")),
        Term("promised beyond stock", row["oversold"], "oversold: nothing is left to hand out" if row["oversold"] else ""),
        _safety(db, row, key),
        *(Term(f"quota of {one['channel']}/{one['shop']}", -one["quota"], one["rule"], [one]) for one in others),
        Term("pool, kept from this shop", -protected, f"of a shared pool of {row['shared_pool']}"),
        Term("above the shop's most", -cut),
    ]
    faults = [
        f"{term.name}: the ledger says {sum(_pieces(one) for one in term.sources)}, the decision {abs(term.pieces)}"
        for term in terms[:4]
        if sum(_pieces(one) for one in term.sources) != abs(term.pieces)
    ]
    total = sum(term.pieces for term in terms)
    if total != row["published"]:
        faults.append(f"the terms sum to {total}, the decision says {row['published']}")
    if sum(one["quota"] for one in others) + row["quota"] != row["quota_total"]:
        faults.append(f"the shops' quotas do not sum to {row['quota_total']}")
    if cut < 0:
        faults.append(f"{-cut} more than quota and pool give were published")
    names = ("facility_id", "sku", "run_id", "kind", "base_run_id", "decided_at", "movement_id", "rule", "published")
    shown = [term for term in terms if term.pieces or term.name in ("on hand", "committed to orders", "safety stock")]
    return Item(**{name: row[name] for name in names}, terms=shown, faults=faults)


def _on_hand(db: Connection, key: Mapping[str, Any]) -> tuple[str, list[Row]]:
    """The last count that changed anything and what moved since; all movements where nobody counts."""
    counts = _rows(db, COUNT, key)
    count = counts[0] if counts else None
    since = {"count": count["movement_id"] if count else 0, "counted_at": count["occurred_at"] if count else None}
    moved = [one | {"pieces": one["on_hand"]} for one in _rows(db, MOVED, {**key, **since})]
    if count is None:
        return ("never counted, by its movements" if moved else "never counted"), moved
    first = {"kind": "snapshot", **count, "pieces": count["quantity"]}
    return f"counted {count['quantity']:,} as of {count['occurred_at']:%Y-%m-%d %H:%M} UTC, and what moved since", [first, *moved]


def _safety(db: Connection, row: Row, key: Mapping[str, Any]) -> Term:
    found = _rows(db, SAFETY, {**key, "run": row["base_run_id"]})
    if not found:
        return Term("safety stock", -row["safety_stock"], f"plan {row['base_run_id']} has none")
    one = found[0] | {"run_id": row["base_run_id"]}
    one["review_period_days"] = one["review_period_days"] or row["review_period_days"]
    one["formula"] = formula(one)
    note = f"plan {row['base_run_id']} wants {one['wanted']:,}: {terms(one)}"
    if one["wanted"] > row["safety_stock"]:
        note += "; not more was free"
    return Term("safety stock", -row["safety_stock"], note, [one])


def _of(rows: Iterable[Row], name: str) -> list[Row]:
    """Rows with `pieces` of one kind."""
    columns = ("channel", "shop", "order_id", "line_id", "hold_id", "since", "movements")
    return [{column: row[column] for column in columns if column in row} | {"pieces": row[name]} for row in rows if row[name]]


def _pieces(source: Row) -> int:
    return int(source["pieces"])


def _rows(db: Connection, query: LiteralString, values: Mapping[str, Any]) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
