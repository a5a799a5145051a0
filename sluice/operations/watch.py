"""What may be wrong with stock and its numbers: one list, for the checks of a run and for the process that watches between."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

from sluice.alerts.problems import Problem, observe
from sluice.operations.outbox import Outlet

Severity = Literal["critical", "warning"]
SHOWN, TOLD = 100, 5
"""Rows that are kept of what was found, and rows that a message tells."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A query that should find nothing. `says` turns one row into words; `asset` is schema.name of what it is about.

    `is_light`: cheap enough to be asked every few seconds.
    """

    asset: str
    name: str
    description: str
    severity: Severity
    query: LiteralString
    says: str
    is_light: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a watch found: how many rows, the first of them, and words for a person (empty where all is well)."""

    count: int
    rows: Sequence[Mapping[str, Any]]
    words: str

    @property
    def is_well(self) -> bool:
        return self.count == 0


LEDGER = Watch(
    "ops.stock_positions",
    "ledger_verifies",
    "Every position is the sum of its movements, and of what order lines and holds hold.",
    "critical",
    "select what, facility_id, sku, kept, recomputed from ops.verify_stock()",
    "{sku} at {facility_id}: {what} is {recomputed}, not {kept}",
    is_light=False,
)
FEEDS = Watch(
    "ops.stock_positions",
    "counts_are_fresh",
    "Every facility that has stock or owes it was counted lately. Nothing new is published of one that was not.",
    "warning",
    """
    select f.facility_id, f.counted_at::text as counted_at from ops.stock_feeds as f cross join ops.stock_policy as o
    where f.counted_at < now() - o.stale_after
    union all
    select distinct p.facility_id, 'never' from ops.stock_positions as p
    where
        p.facility_id <> 'default' and (p.on_hand <> 0 or p.committed + p.held + p.presale_reserve > 0)
        and not exists (select from ops.stock_feeds as f where f.facility_id = p.facility_id)
    """,
    "{facility_id}, counted {counted_at}",
)
HOLDS = Watch(
    "ops.stock_positions",
    "confirmed_holds_have_orders",
    "A hold whose checkout became an order is followed by that order within an hour.",
    "warning",
    """
    select h.hold_id, h.channel, h.shop, h.order_id, h.created_at from ops.holds as h
    where h.state = 'confirmed' and not h.on_review and h.created_at < now() - interval '1 hour'
    """,
    "{channel}/{shop} order {order_id} (hold {hold_id})",
)
PROMISES = Watch(
    "ops.stock_positions",
    "presale_dates_hold",
    "No presale promise was given another date since the last plan: these customers have to be told.",
    "warning",
    """
    select c.channel, c.shop, c.order_id, c.line_id, c.sku, c.old_promised_at::date::text as old_date,
        coalesce(c.new_promised_at::date::text, 'no date at all') as new_date
    from ops.promise_changes as c
    where
        c.old_promised_at is not null
        and c.changed_at > coalesce(
            (select max(r.finished_at) from planning.runs as r where r.kind = 'plan'), timestamptz '-infinity'
        )
    """,
    "{channel}/{shop} order {order_id}: {sku} from {old_date} to {new_date}",
)
OVERSELLS = Watch(
    "ops.oversells",
    "nothing_is_oversold",
    "No more pieces are promised than there are, where stock is counted.",
    "warning",
    """
    select s.facility_id, s.sku, s.pieces, sum(s.pieces) over () as pieces_in_all, s.orders,
        coalesce((
            select string_agg(distinct format('%%s/%%s %%s', w ->> 'channel', w ->> 'shop', w ->> 'order_id'), ', ')
            from jsonb_array_elements(s.orders) as w
        ), 'no order') as whose
    from ops.oversells as s
    inner join ops.stock_feeds as f on f.facility_id = s.facility_id
    inner join ops.stock_policy as o on f.counted_at >= now() - o.stale_after
    order by s.pieces desc, s.facility_id, s.sku
    """,
    "{pieces} of {sku} at {facility_id}, by {whose}",
)
STOCK = (LEDGER, FEEDS, HOLDS, PROMISES)


def arrives(outlet: Outlet) -> Watch:
    """Whether the shop takes its numbers: none refused for good, no shop that takes nothing."""
    return Watch(
        f"published.{outlet.channel}_{outlet.shop}",
        "numbers_arrive",
        f"{outlet.name} takes its numbers.",
        "warning",
        """
        select m.sku, m.listing_id, coalesce(m.facility_id, '') as facility_id, m.quantity, coalesce(m.answer, '') as answer,
            format('%%s %%s: %%s refused for good (%%s)', m.sku, m.facility_id, m.quantity, m.answer) as said
        from ops.outbox as m
        where
            m.channel = %(channel)s and m.shop = %(shop)s and m.state = 'dead'
            and not exists (
                select from ops.outbox as n
                where
                    n.channel = m.channel and n.shop = m.shop and n.listing_id = m.listing_id
                    and coalesce(n.facility_id, '') = coalesce(m.facility_id, '') and n.message_id > m.message_id
            )
        union all
        select '', '', '', null, f.fault, format('since %%s it takes nothing: %%s', f.since::timestamp(0), f.fault)
        from ops.outlet_faults as f
        where f.channel = %(channel)s and f.shop = %(shop)s
        """,
        "{said}",
        values={"channel": outlet.channel, "shop": outlet.shop},
    )


def reads_back(outlet: Outlet) -> Watch:
    """Whether the shop showed, after it took a number, that number."""
    return Watch(
        f"published.{outlet.channel}_{outlet.shop}",
        "reads_back_the_same",
        f"{outlet.name} shows the numbers that it took.",
        "warning",
        """
        select m.sku, m.listing_id, coalesce(m.facility_id, '') as facility_id, m.quantity, m.read_back
        from ops.outbox as m
        where
            m.channel = %(channel)s and m.shop = %(shop)s and m.state = 'sent' and m.read_back <> m.quantity
            and not exists (
                select from ops.outbox as n
                where
                    n.channel = m.channel and n.shop = m.shop and n.listing_id = m.listing_id
                    and coalesce(n.facility_id, '') = coalesce(m.facility_id, '') and n.message_id > m.message_id
            )
        """,
        "{sku} {facility_id}: took {quantity}, shows {read_back}",
        values={"channel": outlet.channel, "shop": outlet.shop},
    )


def watches(outlets: Iterable[Outlet]) -> list[Watch]:
    """All of them."""
    return [*STOCK, OVERSELLS, *(watch(outlet) for outlet in outlets for watch in (arrives, reads_back))]


def look(db: Connection, watch: Watch) -> Sight:
    """Ask the query."""
    with db.transaction(), db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(watch.query, watch.values).fetchall()
    told = "; ".join(watch.says.format(**row) for row in rows[:TOLD])
    more = f"; and {len(rows) - TOLD} more" if len(rows) > TOLD else ""
    return Sight(len(rows), rows[:SHOWN], told + more)


def tell(db: Connection, watch: Watch, sight: Sight) -> None:
    """Open or close its alert: the same one that the check of a run opens and closes, so that nobody is told twice."""
    name = f"{watch.asset}.{watch.name}"
    title = f"{watch.asset}: {watch.name.replace('_', ' ')}"
    problems = [] if sight.is_well else [Problem("failed", title, sight.words, watch.severity)]
    observe(db, problems, scope=f"check {name}")
