"""Every number that was decided or told, derived again: positions from the ledger, wholes from parts, messages from quotas.

`explain` shows one number; this holds all of them, set by set, to the same sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

from sluice.planning.kept_levels import safety_again

Row = dict[str, Any]

COUNTS = """
select
    (select count(*) from ops.outbox where run_id >= %(first)s) as messages,
    (select count(*) from ops.outbox where run_id < %(first)s) as messages_before_ledger,
    (select count(*) from planning.stock_plan where run_id >= %(first)s) as decisions,
    (select count(*) from planning.quotas where run_id >= %(first)s) as quotas,
    (select count(*) from ops.stock_movements) as movements
"""
# The first plan that knew the ledger. Without one nothing can be derived again.
FIRST = "select coalesce(min(run_id), 9223372036854775807) as first from planning.basis"

POSITIONS = """
with running as materialized (
    select
        facility_id, sku, movement_id, sum(on_hand) over w as on_hand, sum(committed) over w as committed,
        sum(held) over w as held, sum(presale_reserve) over w as presale_reserve
    from ops.stock_movements
    window w as (partition by facility_id, sku order by movement_id)
)
select d.what, p.run_id, p.facility_id, p.sku, null as channel, null as shop, d.kept, d.recomputed
from planning.stock_plan as p
left join running as r on r.facility_id = p.facility_id and r.sku = p.sku and r.movement_id = p.movement_id
cross join lateral (
    values
    ('movement: none of this item', p.movement_id, coalesce(r.movement_id, 0)),
    ('on hand, by the ledger', p.on_hand, coalesce(r.on_hand, 0)),
    ('committed, by the ledger', p.committed, coalesce(r.committed, 0)),
    ('held, by the ledger', p.held, coalesce(r.held, 0)),
    ('presale reserve, by the ledger', p.presale_reserve, coalesce(r.presale_reserve, 0))
) as d (what, kept, recomputed)
where p.run_id >= %(first)s and d.kept <> d.recomputed
order by p.run_id, p.facility_id, p.sku, d.what
"""
SPLITS = """
with shops as materialized (
    select run_id, facility_id, sku, sum(quota) as quota_total from planning.quotas where run_id >= %(first)s group by 1, 2, 3
)
select d.what, p.run_id, p.facility_id, p.sku, null as channel, null as shop, d.kept, d.recomputed
from planning.stock_plan as p
inner join planning.runs as r on r.run_id = p.run_id
left join shops as q on q.run_id = p.run_id and q.facility_id = p.facility_id and q.sku = p.sku
left join planning.safety_stock as s
    on s.run_id = coalesce(r.base_run_id, r.run_id) and s.facility_id = p.facility_id and s.sku = p.sku
cross join lateral (select p.on_hand - p.committed - p.held - p.presale_reserve as pieces) as free
cross join lateral (
    values
    (
        'parts, summed', p.on_hand + p.oversold,
        p.safety_stock + p.presale_reserve + p.committed + p.held + p.quota_total + p.shared_pool
    ),
    ('oversold', p.oversold, greatest(0, -free.pieces)),
    ('safety stock that is free', p.safety_stock, least(coalesce(s.safety_stock, 0), greatest(0, free.pieces))),
    ('quotas, summed', p.quota_total, coalesce(q.quota_total, 0))
) as d (what, kept, recomputed)
where p.run_id >= %(first)s and d.kept <> d.recomputed
order by p.run_id, p.facility_id, p.sku, d.what
"""
# A shop's own `max` may cut what it shows, and nothing else may.
SHOWN = """
with most as materialized (
    select r.run_id, e.limits ->> 'channel' as channel, e.limits ->> 'shop' as shop, (e.limits ->> 'max')::integer as pieces
    from planning.runs as r cross join lateral jsonb_array_elements(r.policy -> 'quotas') as e (limits)
    where r.run_id >= %(first)s and e.limits ->> 'max' is not null
)
select
    'published, of quota and pool' as what, q.run_id, q.facility_id, q.sku, q.channel, q.shop, q.published as kept,
    least(gives.pieces, m.pieces) as recomputed
from planning.quotas as q
left join planning.stock_plan as p on p.run_id = q.run_id and p.facility_id = q.facility_id and p.sku = q.sku
left join most as m on m.run_id = q.run_id and m.channel = q.channel and m.shop = q.shop
cross join lateral (select q.quota + greatest(0, coalesce(p.shared_pool, 0) - q.protected) as pieces) as gives
where q.run_id >= %(first)s and q.published <> gives.pieces and q.published <> least(gives.pieces, m.pieces)
order by q.run_id, q.facility_id, q.sku, q.channel, q.shop
"""
IN_FORCE = """
with newest as materialized (
    select distinct on (facility_id, sku) facility_id, sku, run_id, movement_id from planning.stock_plan
    where run_id >= %(first)s order by facility_id, sku, run_id desc
)
select d.what, n.run_id, n.facility_id, n.sku, null as channel, null as shop, d.kept, d.recomputed
from newest as n
left join planning.decided as f on f.facility_id = n.facility_id and f.sku = n.sku
cross join lateral (
    values
    ('decision in force', coalesce(f.run_id, 0), n.run_id), ('movement in force', coalesce(f.movement_id, 0), n.movement_id)
) as d (what, kept, recomputed)
where d.kept <> d.recomputed
order by n.facility_id, n.sku
"""
MESSAGES = """
with kits as materialized (
    select
        bundle_sku, component_sku, quantity, count(*) over (partition by bundle_sku) as parts,
        max(loaded_at) over (partition by bundle_sku) as told_at
    from unified.bundle_components
),
told as materialized (
    select message_id, run_id, channel, shop, sku, facility_id, quantity, created_at from ops.outbox where run_id >= %(first)s
),
made_of as materialized (
    select t.sku, t.sku as part, 1 as pieces, 1 as parts, false as is_bundle from (select distinct sku from told) as t
    union all
    select k.bundle_sku, k.component_sku, k.quantity, k.parts, true from kits as k
    where k.bundle_sku in (select sku from told)
),
sellable as (
    select t.message_id, d.facility_id, min(q.published / m.pieces) as pieces, max(p.run_id) as run_id
    from told as t
    inner join made_of as m on m.sku = t.sku
    inner join planning.decided as d on d.sku = m.part and (t.facility_id is null or d.facility_id = t.facility_id)
    cross join lateral (
        select s.run_id from planning.stock_plan as s
        where s.sku = d.sku and s.facility_id = d.facility_id and s.run_id between %(first)s and t.run_id
        order by s.run_id desc limit 1
    ) as p
    inner join planning.quotas as q
        on q.run_id = p.run_id and q.facility_id = d.facility_id and q.sku = d.sku and q.channel = t.channel and q.shop = t.shop
    group by t.message_id, d.facility_id, m.is_bundle
    having count(*) = max(m.parts)
),
numbers as (
    select message_id, sum(pieces) as pieces, max(run_id) as run_id from sellable group by message_id
)
select
    d.what, t.run_id, t.facility_id, t.sku, t.channel, t.shop, d.kept, d.recomputed, t.message_id,
    exists (select from kits as k where k.bundle_sku = t.sku and k.told_at > t.created_at) as has_new_recipe
from told as t
left join numbers as n on n.message_id = t.message_id
cross join lateral (
    values
    ('number, of the quotas in force', t.quantity, coalesce(n.pieces, 0)),
    ('decision of the number', t.run_id, coalesce(n.run_id, 0))
) as d (what, kept, recomputed)
where d.kept <> d.recomputed
order by t.message_id
"""
SAFETY = """
select
    s.run_id, s.facility_id, s.sku, s.demand_mean, s.demand_sd, s.lead_time_mean_days, s.lead_time_sd_days, s.service_level,
    s.safety_stock, s.method, s.target_kind, s.error_shift, s.error_spread, s.policy, s.reorder_point, s.up_to,
    coalesce(s.review_period_days, (r.policy ->> 'review_period_days')::integer, 0) as review_period_days
from planning.safety_stock as s inner join planning.runs as r on r.run_id = s.run_id
where s.run_id >= %(first)s
order by s.run_id, s.facility_id, s.sku
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was derived again, and what differs: rows of what, run_id, facility_id, sku, channel, shop, kept, recomputed.

    Not derived again: `messages_before_ledger`, and `bundles_with_new_recipe`, whose number is not what today's recipe gives and
    whose recipe was told after them.
    """

    messages: int
    decisions: int
    quotas: int
    safety_stocks: int
    movements: int
    messages_before_ledger: int
    bundles_with_new_recipe: int
    differences: list[Row]


def explain_all(db: Connection) -> Checked:
    """Derive all of it again, on one snapshot. Begins with no transaction open."""
    with db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        values = {"first": _rows(db, FIRST, {})[0]["first"]}
        counts = _rows(db, COUNTS, values)[0]
        differences = [row for query in (POSITIONS, SPLITS, SHOWN, IN_FORCE) for row in _rows(db, query, values)]
        messages = _rows(db, MESSAGES, values) if counts["messages"] else []
        safety_stocks = _rows(db, SAFETY, values)
    differences += _safety_differences(safety_stocks)
    differences += [row for row in messages if not row["has_new_recipe"]]
    new_recipes = len({row["message_id"] for row in messages if row["has_new_recipe"]})
    told = [_told(row) for row in differences]
    return Checked(**counts, safety_stocks=len(safety_stocks), bundles_with_new_recipe=new_recipes, differences=told)


def _safety_differences(rows: list[Row]) -> list[Row]:
    wanted = safety_again(rows)
    return [
        {"what": "safety stock, by its formula", "kept": row["safety_stock"], "recomputed": again, "channel": None, "shop": None}
        | {name: row[name] for name in ("run_id", "facility_id", "sku")}
        for row, again in zip(rows, wanted, strict=True)
        if row["safety_stock"] != again
    ]


def _told(row: Row) -> Row:
    names = ("what", "run_id", "facility_id", "sku", "channel", "shop")
    return {name: row[name] for name in names} | {name: int(row[name]) for name in ("kept", "recomputed")}


def _rows(db: Connection, query: LiteralString, values: Mapping[str, Any]) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
