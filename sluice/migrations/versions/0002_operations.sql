create schema if not exists ops;

-- Keys are collated as raw's are: under another collation no index here could be used to compare with them.
create table ops.order_events (
    event_id bigint generated always as identity primary key,
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    axis text not null check (axis in ('order', 'payment', 'fulfilment')),
    from_status text,
    to_status text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default now()
);
create index on ops.order_events (channel, shop, order_id, axis, event_id desc);
create index on ops.order_events (recorded_at);
comment on table ops.order_events is 'Append-only history of every order''s statuses, one row a change on one axis.';

create table ops.commitments (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    line_id text collate "C" not null,
    sku text not null,
    facility_id text not null,
    quantity integer not null check (quantity >= 0),
    is_presale boolean not null default false,
    changed_at timestamptz not null default now(),
    primary key (channel, shop, order_id, line_id, sku)
);
create index on ops.commitments (facility_id, sku) where quantity > 0;
comment on table ops.commitments is 'Pieces that accepted orders still hold, a row an order line and component. 0 once shipped or cancelled.';

create table ops.unabsorbed (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    primary key (channel, shop, order_id)
);
comment on table ops.unabsorbed is 'Orders that were landed while there were no unified views to read them through.';

-- What an order's lines hold now, bundles exploded. An order that is over, or not a sale, holds nothing.
create function ops.held_pieces(p_channel text, p_shop text, p_order_ids text[])
returns table (order_id text, line_id text, sku text, facility_id text, quantity integer, is_presale boolean)
language plpgsql stable
set plan_cache_mode = force_custom_plan -- the channel's name prunes the unified views to one branch
as $$
begin
    return query
    -- Each view is read once: joined directly, the planner may read one again for every row of the other.
    with changed as materialized (
        select
            o.order_id, o.facility_id, o.is_presale,
            o.order_kind <> 'sale'
            or o.order_status in ('cancelled', 'completed')
            or o.payment_status in ('refunded', 'voided', 'failed')
            or o.fulfilment_status in ('shipped', 'partially_delivered', 'delivered', 'not_required') as is_over
        from unified.orders as o
        where o.channel = p_channel and o.shop = p_shop and o.order_id = any(p_order_ids)
    ),
    listed as materialized (
        select
            l.order_id, l.line_id, l.sku, l.line_kind,
            -- a piece that was refunded before it was shipped will not be shipped
            greatest(0, l.quantity - l.cancelled_quantity - greatest(l.shipped_quantity, l.refunded_quantity)) as open_quantity
        from unified.order_lines as l
        where l.channel = p_channel and l.shop = p_shop and l.order_id = any(p_order_ids) and l.sku is not null
    ),
    kits as materialized (
        select b.bundle_sku, b.component_sku, b.quantity from unified.bundle_components as b
    )
    select
        l.order_id, l.line_id, coalesce(k.component_sku, l.sku), max(c.facility_id),
        sum(case when c.is_over or l.line_kind <> 'product' then 0 else l.open_quantity * coalesce(k.quantity, 1) end)::integer,
        bool_or(c.is_presale)
    from listed as l
    inner join changed as c on c.order_id = l.order_id
    left join kits as k on k.bundle_sku = l.sku
    group by 1, 2, 3;
end $$;

-- Read changed orders through the unified views; append what changed of their statuses; set what they hold.
-- Idempotent: the same orders again change nothing.
create function ops.absorb_orders(p_channel text, p_shop text, p_order_ids text[]) returns void
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
begin
    if to_regclass('unified.orders') is null then
        insert into ops.unabsorbed select p_channel, p_shop, id from unnest(p_order_ids) as id on conflict do nothing;
        return;
    end if;

    insert into ops.order_events (channel, shop, order_id, axis, from_status, to_status, occurred_at)
    with changed as materialized (
        select o.order_id, o.order_status, o.payment_status, o.fulfilment_status, coalesce(o.updated_at, o.ordered_at, now()) as at
        from unified.orders as o
        where o.channel = p_channel and o.shop = p_shop and o.order_id = any(p_order_ids)
    )
    select p_channel, p_shop, o.order_id, s.axis, last.to_status, s.status, o.at
    from changed as o
    cross join lateral (
        values ('order', o.order_status), ('payment', o.payment_status), ('fulfilment', o.fulfilment_status)
    ) as s (axis, status)
    left join lateral (
        select e.to_status from ops.order_events as e
        where e.channel = p_channel and e.shop = p_shop and e.order_id = o.order_id and e.axis = s.axis
        order by e.event_id desc limit 1
    ) as last on true
    where s.status is not null and s.status is distinct from last.to_status;

    insert into ops.commitments (channel, shop, order_id, line_id, sku, facility_id, quantity, is_presale)
    with held as materialized (
        select h.* from ops.held_pieces(p_channel, p_shop, p_order_ids) as h
        -- an order that never held anything leaves no row behind
        where h.quantity > 0 or exists (
            select from ops.commitments as c
            where c.channel = p_channel and c.shop = p_shop and c.order_id = h.order_id and c.line_id = h.line_id and c.sku = h.sku
        )
    ),
    -- Until a router decides: the warehouse with most of it, the better priority first among equals.
    best as materialized (
        select distinct on (w.sku) w.sku, f.facility_id
        from (select distinct h.sku from held as h where h.facility_id is null and h.quantity > 0) as w
        cross join unified.facilities as f
        left join unified.stock as s
            on s.channel = f.channel and s.shop = f.shop and s.facility_id = f.facility_id and s.sku = w.sku
        where f.kind = 'warehouse'
        order by w.sku, coalesce(s.on_hand, 0) desc, f.priority, f.facility_id
    )
    select
        p_channel, p_shop, h.order_id, h.line_id, h.sku, coalesce(h.facility_id, best.facility_id, 'default'), h.quantity, h.is_presale
    from held as h
    left join best on best.sku = h.sku
    on conflict (channel, shop, order_id, line_id, sku) do update set
        quantity = excluded.quantity,
        is_presale = excluded.is_presale,
        -- what holds pieces stays where it is, once it is somewhere
        facility_id = case
            when commitments.quantity > 0 and commitments.facility_id <> 'default' then commitments.facility_id
            else excluded.facility_id
        end,
        changed_at = now()
    where
        (commitments.quantity, commitments.is_presale) is distinct from (excluded.quantity, excluded.is_presale)
        or (commitments.facility_id = 'default' and excluded.quantity > 0 and excluded.facility_id <> 'default');

    -- ... unless the channel itself says where it ships from
    with changed as materialized (
        select o.order_id, o.facility_id from unified.orders as o
        where o.channel = p_channel and o.shop = p_shop and o.order_id = any(p_order_ids) and o.facility_id is not null
    )
    update ops.commitments as c set facility_id = o.facility_id, changed_at = now()
    from changed as o
    where c.channel = p_channel and c.shop = p_shop and c.order_id = o.order_id and c.quantity > 0 and c.facility_id <> o.facility_id;

    -- a line that was edited out of its order holds nothing any more
    with listed as materialized (
        select l.order_id, l.line_id from unified.order_lines as l
        where l.channel = p_channel and l.shop = p_shop and l.order_id = any(p_order_ids)
    )
    update ops.commitments as c set quantity = 0, changed_at = now()
    where
        c.channel = p_channel and c.shop = p_shop and c.order_id = any(p_order_ids) and c.quantity > 0
        and not exists (select from listed as l where l.order_id = c.order_id and l.line_id = c.line_id);
end $$;

-- Absorb what landing could not, and find a place for what waits at none. `p_all` takes in everything anew: after a mended mapping.
create function ops.absorb_pending(p_all boolean default false) returns bigint
language plpgsql as $$
declare
    waiting record;
    absorbed bigint := 0;
begin
    for waiting in
        select w.channel, w.shop, array_agg(w.order_id) as ids
        from (
            select channel, shop, order_id from ops.unabsorbed
            union
            select channel, shop, order_id from ops.commitments where quantity > 0 and facility_id = 'default'
            union
            select channel, shop, order_id from unified.orders where p_all
        ) as w
        group by w.channel, w.shop
    loop
        perform ops.absorb_orders(waiting.channel, waiting.shop, waiting.ids);
        delete from ops.unabsorbed where channel = waiting.channel and shop = waiting.shop and order_id = any(waiting.ids);
        absorbed := absorbed + cardinality(waiting.ids);
    end loop;
    return absorbed;
end $$;

create table ops.outbox (
    message_id bigint generated always as identity primary key,
    decision_id text not null unique,
    run_id bigint not null,
    channel text not null,
    shop text not null,
    sku text not null,
    product_id text not null,
    listing_id text not null,
    stock_ref text,
    facility_id text,
    quantity integer not null check (quantity >= 0),
    state text not null default 'pending' check (state in ('pending', 'sent', 'superseded', 'dead')),
    attempts integer not null default 0,
    answer text,
    read_back integer,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    next_attempt_at timestamptz not null default now()
);
create index on ops.outbox (channel, shop, next_attempt_at) where state = 'pending';
create index on ops.outbox (channel, shop, listing_id, facility_id, message_id desc);
create index on ops.outbox (run_id);
comment on table ops.outbox is 'Numbers to publish, written in the transaction of the decision; one row a decision, channel listing and facility.';

create table ops.reconciliations (
    reconciliation_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    channel text not null,
    shop text not null,
    since timestamptz not null,
    until timestamptz not null,
    agrees boolean not null,
    result jsonb not null
);
create index on ops.reconciliations (channel, shop, at desc);
