"""Why two customer records are, or are not, one person: the evidence between them, what people ruled, what was thought before."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from sluice.rights.person import Person, Record, arrays, find


@dataclass(frozen=True, slots=True)
class Edge:
    """One reason. `evidence` names what was compared, with weights; never a value. `ended` where it held once."""

    left: Record
    right: Record
    method: str
    evidence: Mapping[str, Any]
    weight: float | None
    probability: float | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Ruling:
    ruling_id: int
    kind: str
    reason: str
    ruled_by: str
    ruled_at: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """`path`: the reasons that lead from the one to the other, strongest chain first; empty where none does. `against`: a record
    of each that a ruling in force keeps apart is in `rulings`; edges that ended are in `ended`."""

    one: Person
    other: Person
    same: bool
    path: Sequence[Edge]
    direct: Sequence[Edge]
    ended: Sequence[Edge]
    rulings: Sequence[Ruling]
    history: Sequence[tuple[str, str, str, str]]


def explain(db: Connection, one: str, other: str) -> Explanation:
    """Raises Unknown."""
    left, right = find(db, one), find(db, other)
    records = sorted({*left.records, *right.records})
    edges = _edges(db, records)
    starts = [record for record in left.records if str(record) == one] or list(left.records)
    goals = [record for record in right.records if str(record) == other] or list(right.records)
    live = [edge for edge in edges if not edge.ended]
    between = [edge for edge in edges if {edge.left, edge.right} & {*starts} and {edge.left, edge.right} & {*goals}]
    return Explanation(
        left,
        right,
        left.keys[0] == right.keys[0],
        path(live, starts, goals),
        [edge for edge in between if not edge.ended],
        [edge for edge in between if edge.ended],
        _rulings(db, records),
        _history(db, [*starts, *goals]),
    )


def path(edges: Sequence[Edge], starts: Sequence[Record], goals: Sequence[Record]) -> list[Edge]:
    """The chain with the fewest links from any start to any goal; among those of one length, the surer links first."""
    near: dict[Record, list[tuple[Record, Edge]]] = defaultdict(list)
    for edge in sorted(edges, key=lambda edge: -(edge.probability or 0)):
        near[edge.left].append((edge.right, edge))
        near[edge.right].append((edge.left, edge))
    came: dict[Record, tuple[Record, Edge] | None] = dict.fromkeys(starts)
    waiting = deque(starts)
    while waiting:
        here = waiting.popleft()
        if here in goals:
            found: list[Edge] = []
            while step := came[here]:
                here, edge = step
                found.append(edge)
            return found[::-1]
        for there, edge in near[here]:
            if there not in came:
                came[there] = (here, edge)
                waiting.append(there)
    return []


def _edges(db: Connection, records: Sequence[Record]) -> list[Edge]:
    """All edges, past ones too, of which both ends are among the records."""
    named = "(select * from unnest(%s::text[], %s::text[], %s::text[]))"
    rows = db.execute(
        f"""
        select left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id,
            method, evidence, weight, probability, ended_at is not null
        from customers.edges
        where (left_channel, left_shop, left_customer_id) in {named} and (right_channel, right_shop, right_customer_id) in {named}
        order by edge_id
        """,
        arrays(records) * 2,
    )
    return [Edge(Record(*row[:3]), Record(*row[3:6]), *row[6:]) for row in rows]


def _rulings(db: Connection, records: Sequence[Record]) -> list[Ruling]:
    """Rulings whose two sides are both among the records, newest first."""
    inside = "(m.channel, m.shop, m.customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
    rows = db.execute(
        f"""
        select r.ruling_id, r.kind, r.reason, r.ruled_by, r.ruled_at::text, r.revoked_at is not null
        from customers.rulings as r
        where (
            select count(distinct m.side) from customers.ruling_records as m where m.ruling_id = r.ruling_id and {inside}
        ) = 2
        order by r.ruling_id desc
        """,
        arrays(records),
    )
    return [Ruling(*row) for row in rows]


def _history(db: Connection, records: Sequence[Record]) -> list[tuple[str, str, str, str]]:
    """(record, key, reason, since) of the answers that there were, oldest first."""
    rows = db.execute(
        "select channel, shop, customer_id, customer_key::text, reason, from_at::text from customers.crosswalk_history"
        " where (channel, shop, customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
        " order by from_at, 1, 2, 3",
        arrays(records),
    )
    return [(str(Record(*row[:3])), *row[3:]) for row in rows]
