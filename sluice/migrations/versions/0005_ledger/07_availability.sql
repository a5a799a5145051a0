-- ---------------------------------------------------------------------------------------------------------------------------
-- Availability, and strict holds on it
-- ---------------------------------------------------------------------------------------------------------------------------

alter table planning.runs
    add column kind text not null default 'plan' check (kind in ('plan', 'event')),
    add column base_run_id bigint references planning.runs;
alter table planning.stock_plan
    add column held integer not null default 0 check (held >= 0),
    add column movement_id bigint not null default 0,
    drop constraint stock_adds_up,
    add constraint stock_adds_up check (
        on_hand + oversold = safety_stock + presale_reserve + committed + held + quota_total + shared_pool
    );
alter table planning.quotas add column protected integer not null default 0 check (protected >= 0);

-- Collated as the ledger is, so that an item's decision is found by its key.
alter table planning.safety_stock alter column facility_id type text collate "C", alter column sku type text collate "C";
alter table planning.stock_plan alter column facility_id type text collate "C", alter column sku type text collate "C";
alter table planning.quotas
    alter column facility_id type text collate "C", alter column sku type text collate "C",
    alter column channel type text collate "C", alter column shop type text collate "C";

-- What an event reuses of a plan: each shop's expected demand over the horizon, pieces.
create table planning.basis (
    run_id bigint not null references planning.runs,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    channel text collate "C" not null,
    shop text collate "C" not null,
    expected double precision not null,
    spread double precision not null,
    primary key (run_id, sku, facility_id, channel, shop)
);

-- The decision in force, an item a row.
create table planning.decided (
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    run_id bigint not null references planning.runs,
    movement_id bigint not null,
    primary key (facility_id, sku)
);

-- Stock of an item now, with the safety stock that the plan behind the decision in force wants: a decision keeps only as much of it
-- as there was, and what arrives since fills it up first. `is_known`: its facility was counted lately enough to be believed.
create view ops.available as
select
    p.facility_id, p.sku, p.on_hand, p.committed, p.held, p.presale_reserve, p.presale_promised, p.unsellable, p.movement_id,
    coalesce(s.safety_stock, 0) as safety_stock,
    p.on_hand - p.committed - p.held - p.presale_reserve - coalesce(s.safety_stock, 0) as available,
    coalesce(f.counted_at >= now() - (select o.stale_after from ops.stock_policy as o), false) as is_known,
    f.counted_at,
    d.run_id
from ops.stock_positions as p
left join ops.stock_feeds as f on f.facility_id = p.facility_id
left join planning.decided as d on d.facility_id = p.facility_id and d.sku = p.sku
left join planning.runs as r on r.run_id = d.run_id
left join planning.safety_stock as s
    on s.run_id = coalesce(r.base_run_id, d.run_id) and s.facility_id = p.facility_id and s.sku = p.sku;
comment on view ops.available is 'available to promise = on hand - committed - held - presale reserve - safety stock, pieces; below 0 the safety stock is drawn on, or more is promised than there is';

-- Items with more promised than there is, and the orders that caused it: the youngest, whose pieces are not there.
create view ops.oversells as
with short as (
    select p.facility_id, p.sku, p.committed + p.held + p.presale_reserve - p.on_hand as pieces
    from ops.stock_positions as p
    where p.committed + p.held + p.presale_reserve > p.on_hand
)
select
    s.facility_id, s.sku, s.pieces,
    coalesce((
        select jsonb_agg(jsonb_build_object(
            'channel', w.channel, 'shop', w.shop, 'order_id', w.order_id, 'line_id', w.line_id, 'pieces',
            least(w.quantity, s.pieces - w.younger)
        ) order by w.younger)
        from (
            select c.*, sum(c.quantity) over (order by c.ordered_at desc, c.channel, c.shop, c.order_id, c.line_id) - c.quantity as younger
            from ops.commitments as c
            where c.facility_id = s.facility_id and c.sku = s.sku and c.quantity > 0 and not c.is_presale
        ) as w
        where w.younger < s.pieces
    ), '[]') as orders
from short as s;
