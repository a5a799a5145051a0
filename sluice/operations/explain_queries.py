"""What `explain` asks the warehouse: numbers that were sent, the decisions behind them and the ledger's rows behind those."""

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
