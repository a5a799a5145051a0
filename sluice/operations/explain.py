"""Why a channel was told a number: every term of it with the rows that it comes from, to the piece, at any past instant.

The chain: a message of the outbox -> the decisions that were in force when it was queued -> the split of each item's stock, its
quotas and safety stock -> the ledger's movements up to the one that the decision knew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

from sluice.operations.explain_queries import (
    COUNT,
    HOLDS,
    IN_FORCE,
    IS_BEFORE_LEDGER,
    MESSAGES,
    MOVED,
    ORDERS,
    OTHERS,
    PARTS,
    SAFETY,
)
from sluice.operations.explanation import Component, Explanation, Item, Place, Row, Term
from sluice.operations.safety_words import formula, terms


class NothingPublished(ValueError):
    """There is no such number. The message says why."""


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
