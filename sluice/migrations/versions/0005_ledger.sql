-- The stock ledger. Movements are appended; a position is their sum. An item is a SKU at a facility, a quantity whole pieces.

-- One row: how long a count is believed, how long a hold lasts. From the configuration.
create table ops.stock_policy (
    is_the_one boolean primary key default true check (is_the_one),
    stale_after interval not null default '24 hours',
    hold_for interval not null default '10 minutes'
);
insert into ops.stock_policy default values;

-- When each facility's stock was last counted. A facility without a row has no feed: its stock is unknown.
create table ops.stock_feeds (
    facility_id text collate "C" primary key,
    counted_at timestamptz not null
);

create table ops.stock_positions (
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    on_hand integer not null default 0,
    committed integer not null default 0 check (committed >= 0),
    held integer not null default 0 check (held >= 0),
    presale_reserve integer not null default 0 check (presale_reserve >= 0),
    presale_promised integer not null default 0 check (presale_promised >= 0),
    unsellable integer not null default 0,
    movement_id bigint not null default 0,
    primary key (facility_id, sku)
) with (fillfactor = 70); -- room for updates in place: no index holds a quantity
create index on ops.stock_positions (sku, facility_id);
comment on table ops.stock_positions is 'What the movements of an item add up to. Written by their trigger alone.';

create table ops.stock_movements (
    movement_id bigint generated always as identity primary key,
    recorded_at timestamptz not null default clock_timestamp(),
    occurred_at timestamptz not null,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    kind text not null check (kind in (
        'snapshot', 'receipt', 'adjustment', 'reserve', 'release', 'ship', 'return', 'transfer_out', 'transfer_in',
        'hold', 'unhold', 'presale_reserve', 'presale_release', 'presale_activate'
    )),
    quantity integer not null,
    on_hand integer not null default 0,
    committed integer not null default 0,
    held integer not null default 0,
    presale_reserve integer not null default 0,
    presale_promised integer not null default 0,
    unsellable integer not null default 0,
    disposition text check (disposition in ('restock', 'quarantine', 'scrap', 'return_to_vendor')),
    channel text collate "C",
    shop text collate "C",
    order_id text collate "C",
    line_id text collate "C",
    hold_id text,
    reference text,
    movement_key text unique
);
create index on ops.stock_movements (facility_id, sku, movement_id);
create index on ops.stock_movements (channel, shop, order_id) where order_id is not null;
create index on ops.stock_movements (occurred_at) where on_hand <> 0 and kind <> 'snapshot';
comment on table ops.stock_movements is 'Append-only ledger. `quantity` is what moved; the columns after it say what that did to the position.';

-- Items whose position moved since somebody decided about them. Appended without a look at what is there, so nobody waits here.
create table ops.stock_changes (
    change_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    facility_id text collate "C" not null,
    sku text collate "C" not null
);

create function ops.post_movements() returns trigger language plpgsql as $$
declare
    items bigint;
    posted_to bigint;
begin
    with moved as materialized (
        select
            facility_id, sku, sum(on_hand) as on_hand, sum(committed) as committed, sum(held) as held,
            sum(presale_reserve) as presale_reserve, sum(presale_promised) as presale_promised, sum(unsellable) as unsellable,
            max(movement_id) as movement_id
        from posted group by facility_id, sku
    ),
    updated as (
        update ops.stock_positions as p set
            on_hand = p.on_hand + m.on_hand,
            committed = p.committed + m.committed,
            held = p.held + m.held,
            presale_reserve = p.presale_reserve + m.presale_reserve,
            presale_promised = p.presale_promised + m.presale_promised,
            unsellable = p.unsellable + m.unsellable,
            movement_id = m.movement_id
        from moved as m
        where p.facility_id = m.facility_id and p.sku = m.sku
        returning 1
    ),
    told as (
        insert into ops.stock_changes (facility_id, sku) select facility_id, sku from moved
    )
    select (select count(*) from moved), (select count(*) from updated) into items, posted_to;
    if posted_to <> items then
        raise exception 'a movement of an item without a position: ops.lock_items comes first';
    end if;
    return null;
end $$;
create trigger post after insert on ops.stock_movements referencing new table as posted
for each statement execute function ops.post_movements();

create function ops.refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'ops.% is append-only: what was recorded stays', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger kept before update or delete or truncate on ops.stock_movements
for each statement execute function ops.refuse_rewriting();

-- Whoever moves an item, or changes what an order line or a hold has of it, locks it first, all of its items at once and in one
-- order: so nobody waits for each other in a circle, what was read after it is still so when the movement is appended, and an item's
-- movements are numbered in the order they commit. What else is locked is locked before: the shop's orders (ops.lock_shop), then
-- holds by their id. A transaction that comes back for more items may wait for one that waits for it: take them at once.
-- `sluice.guard = off` leaves the lock out, for the proof that it is needed.
create function ops.lock_positions(p_facilities text[], p_skus text[]) returns void language plpgsql as $$
begin
    if current_setting('sluice.guard', true) is distinct from 'off' then
        perform from ops.stock_positions as p
        where (p.facility_id, p.sku) in (select i.facility_id, i.sku from unnest(p_facilities, p_skus) as i (facility_id, sku))
        order by p.facility_id, p.sku
        for no key update;
    end if;
end $$;

-- The same for items that may not be there yet: they get an empty position.
create function ops.lock_items(p_facilities text[], p_skus text[]) returns void language plpgsql as $$
begin
    insert into ops.stock_positions (facility_id, sku)
    select distinct i.facility_id, i.sku from unnest(p_facilities, p_skus) as i (facility_id, sku)
    where not exists (
        select from ops.stock_positions as p
        where p.facility_id = i.facility_id collate "C" and p.sku = i.sku collate "C"
    )
    order by 1, 2
    on conflict do nothing;
    perform ops.lock_positions(p_facilities, p_skus);
end $$;

-- One at a time reads a shop's orders and writes what they hold: of two that read an order, the later must write last. A hold
-- that is confirmed waits for them (`p_shared`), not for others like itself.
create function ops.lock_shop(p_channel text, p_shop text, p_shared boolean default false) returns void language plpgsql as $$
begin
    if p_shared then
        perform pg_advisory_xact_lock_shared(7291020, hashtext(p_channel || '/' || p_shop));
    else
        perform pg_advisory_xact_lock(7291020, hashtext(p_channel || '/' || p_shop));
    end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------------------------
-- Orders that a channel accepted: what they hold, what left, what came back
-- ---------------------------------------------------------------------------------------------------------------------------

alter table ops.commitments
    alter column sku type text collate "C",
    alter column facility_id type text collate "C",
    add column shipped integer not null default 0,
    add column returned integer not null default 0,
    add column received_back integer not null default 0,
    add column activated integer not null default 0,
    add column ordered_at timestamptz,
    add column promised_at timestamptz,
    add constraint activated_is_held check (activated between 0 and quantity);
drop index ops.commitments_facility_id_sku_idx;
create index on ops.commitments (sku, facility_id) where quantity > 0;
create index on ops.commitments (sku, facility_id, ordered_at) where is_presale and quantity > activated;
comment on table ops.commitments is 'An order line''s pieces, a row a component: quantity it still holds, shipped, returned to stock. activated: of a presale, pieces that have arrived. received_back: pieces a facility said came back.';

drop function ops.held_pieces(text, text, text[]);
-- What an order's lines hold now, what of them left and what came back into stock, bundles exploded. An order that is over, or
-- not a sale, holds nothing.
create function ops.held_pieces(p_channel text, p_shop text, p_order_ids text[])
returns table (
    order_id text, line_id text, sku text, facility_id text, quantity integer, is_presale boolean,
    shipped integer, returned integer, ordered_at timestamptz, shipped_at timestamptz, returned_at timestamptz
)
language plpgsql stable as $$
begin
    return query
    -- Each view is read once: joined directly, the planner may read one again for every row of the other.
    with changed as materialized (
        select
            o.order_id, o.facility_id, o.is_presale, o.order_kind = 'sale' as is_sale, o.ordered_at, o.updated_at,
            o.fulfilment_status in ('shipped', 'partially_delivered', 'delivered') as is_shipped,
            o.order_kind <> 'sale'
            or o.order_status in ('cancelled', 'completed')
            or o.payment_status in ('refunded', 'voided', 'failed')
            or o.fulfilment_status in ('shipped', 'partially_delivered', 'delivered', 'not_required') as is_over
        from unified.orders as o
        where o.channel = p_channel and o.shop = p_shop and o.order_id = any(p_order_ids)
    ),
    listed as materialized (
        select
            l.order_id, l.line_id, l.sku, l.line_kind, l.quantity - l.cancelled_quantity as kept_quantity, l.shipped_quantity,
            -- a piece that was refunded before it was shipped will not be shipped
            greatest(0, l.quantity - l.cancelled_quantity - greatest(l.shipped_quantity, l.refunded_quantity)) as open_quantity
        from unified.order_lines as l
        where l.channel = p_channel and l.shop = p_shop and l.order_id = any(p_order_ids) and l.sku is not null
    ),
    sent as materialized (
        select s.order_id, max(s.shipped_at) as shipped_at -- what is told newly left last
        from unified.shipments as s
        where s.channel = p_channel and s.shop = p_shop and s.order_id = any(p_order_ids)
        group by s.order_id
    ),
    restocked as materialized (
        select r.order_id, r.line_id, sum(r.quantity) as quantity, max(coalesce(r.completed_at, r.updated_at)) as returned_at
        from unified.refunds as r
        where
            r.channel = p_channel and r.shop = p_shop and r.order_id = any(p_order_ids)
            and r.is_restocked and r.status = 'completed'
        group by r.order_id, r.line_id
    ),
    pieces as (
        select
            l.order_id, l.line_id, l.sku, c.facility_id, c.is_presale, c.ordered_at,
            case when c.is_over or l.line_kind <> 'product' then 0 else l.open_quantity end as open_quantity,
            case
                when not c.is_sale or l.line_kind <> 'product' then 0
                when c.is_shipped then greatest(l.shipped_quantity, l.kept_quantity)
                else l.shipped_quantity
            end as shipped_quantity,
            coalesce(b.quantity, 0) as back_quantity,
            -- a channel's clock may run ahead of ours: what it says happened has happened by now
            least(coalesce(s.shipped_at, c.updated_at, c.ordered_at), now()) as shipped_at,
            least(coalesce(b.returned_at, c.updated_at), now()) as returned_at
        from listed as l
        inner join changed as c on c.order_id = l.order_id
        left join sent as s on s.order_id = l.order_id
        left join restocked as b on b.order_id = l.order_id and b.line_id = l.line_id
    )
    select
        p.order_id, p.line_id, coalesce(k.component_sku, p.sku), max(p.facility_id),
        sum(p.open_quantity * coalesce(k.quantity, 1))::integer,
        coalesce(bool_or(p.is_presale), false),
        sum(p.shipped_quantity * coalesce(k.quantity, 1))::integer,
        -- only what had left can come back
        sum(least(p.shipped_quantity, p.back_quantity) * coalesce(k.quantity, 1))::integer,
        max(p.ordered_at), max(p.shipped_at), max(p.returned_at)
    from pieces as p
    left join ops.kits as k on k.bundle_sku = p.sku
    group by 1, 2, 3;
end $$;

create type ops.line_stock as (
    order_id text, line_id text, sku text, facility_id text, quantity integer, is_presale boolean,
    shipped integer, returned integer, ordered_at timestamptz, shipped_at timestamptz, returned_at timestamptz
);

-- Append what the changed lines do to stock, and keep what they hold now. All of one shop, their items locked.
create function ops.move_lines(p_channel text, p_shop text, p_lines ops.line_stock[]) returns void
language plpgsql as $$
declare
    freed_facilities text[];
    freed_skus text[];
    freed integer[];
begin
    with before_and_after as (
        select
            n.*, coalesce(f.counted_at, '-infinity') as counted_at,
            o.facility_id as old_facility, o.is_presale as old_presale,
            coalesce(o.quantity, 0) as old_quantity, coalesce(o.activated, 0) as old_activated,
            coalesce(o.shipped, 0) as old_shipped,
            -- the channel and the facility may both tell of the same piece: it came back once
            greatest(coalesce(o.returned, 0), coalesce(o.received_back, 0)) as old_returned,
            greatest(n.returned, coalesce(o.received_back, 0)) as new_returned,
            coalesce(o.quantity, 0) > 0 and (o.facility_id, o.is_presale) is distinct from (n.facility_id collate "C", n.is_presale)
                as has_moved
        from unnest(p_lines) as n
        left join ops.commitments as o
            on o.channel = p_channel and o.shop = p_shop and o.order_id = n.order_id and o.line_id = n.line_id and o.sku = n.sku
        left join ops.stock_feeds as f on f.facility_id = n.facility_id
    ),
    changes as (
        select
            b.*,
            case when b.has_moved then 0 else b.old_quantity end as here,
            case when b.has_moved then 0 else b.old_activated end as arrived,
            b.shipped - b.old_shipped as sent,
            b.new_returned - b.old_returned as back
        from before_and_after as b
    ),
    parts as (
        select
            c.*,
            least(greatest(c.sent, 0), c.here) as from_held,
            c.quantity - c.here + least(greatest(c.sent, 0), c.here) as more
        from changes as c
    ),
    steps as (
        select
            p.*,
            -- a presale ships what has arrived, and gives back what has not
            least(p.from_held, p.arrived) as sent_arrived,
            least(greatest(-p.more, 0), p.here - p.arrived - (p.from_held - least(p.from_held, p.arrived))) as dropped_promised
        from parts as p
    ),
    appended as (
        insert into ops.stock_movements (
            occurred_at, facility_id, sku, kind, quantity, on_hand, committed, presale_reserve, presale_promised, disposition,
            channel, shop, order_id, line_id
        )
        select
            m.occurred_at, m.facility_id, s.sku, m.kind, m.quantity, m.on_hand, m.committed, m.presale_reserve, m.presale_promised,
            m.disposition, p_channel, p_shop, s.order_id, s.line_id
        from steps as s
        cross join lateral (
            values
            (
                now(), s.old_facility, case when s.old_presale then 'presale_release' else 'release' end,
                case when s.has_moved then s.old_quantity else 0 end, 0,
                case when s.old_presale then 0 else -s.old_quantity end,
                case when s.old_presale then -s.old_activated else 0 end,
                case when s.old_presale then s.old_activated - s.old_quantity else 0 end,
                null
            ),
            (
                s.shipped_at, s.facility_id, 'ship', s.sent,
                case when s.shipped_at > s.counted_at then -s.sent else 0 end,
                case when s.is_presale then 0 else -s.from_held end,
                case when s.is_presale then -s.sent_arrived else 0 end,
                case when s.is_presale then s.sent_arrived - s.from_held else 0 end,
                null
            ),
            (
                now(), s.facility_id,
                case
                    when s.is_presale then case when s.more > 0 then 'presale_reserve' else 'presale_release' end
                    when s.more > 0 then 'reserve'
                    else 'release'
                end,
                abs(s.more), 0,
                case when s.is_presale then 0 else s.more end,
                case when s.is_presale and s.more < 0 then s.more + s.dropped_promised else 0 end,
                case when s.is_presale then case when s.more < 0 then -s.dropped_promised else s.more end else 0 end,
                null
            ),
            (
                s.returned_at, s.facility_id, 'return', s.back,
                case when s.returned_at > s.counted_at then s.back else 0 end, 0, 0, 0, 'restock'
            )
        ) as m (occurred_at, facility_id, kind, quantity, on_hand, committed, presale_reserve, presale_promised, disposition)
        where m.quantity <> 0
        returning facility_id, sku, kind, presale_reserve
    )
    select array_agg(f.facility_id), array_agg(f.sku), array_agg(f.pieces) into freed_facilities, freed_skus, freed
    from (
        select a.facility_id, a.sku, -sum(a.presale_reserve)::integer as pieces from appended as a
        where a.kind = 'presale_release' and a.presale_reserve < 0 group by a.facility_id, a.sku
    ) as f;

    insert into ops.commitments as c (
        channel, shop, order_id, line_id, sku, facility_id, quantity, is_presale, shipped, returned, ordered_at
    )
    select
        p_channel, p_shop, n.order_id, n.line_id, n.sku, n.facility_id, n.quantity, n.is_presale, n.shipped, n.returned, n.ordered_at
    from unnest(p_lines) as n
    on conflict (channel, shop, order_id, line_id, sku) do update set
        -- what has arrived ships first and is given back last; what moves elsewhere waits there anew
        activated = case
            when (c.facility_id, c.is_presale) is distinct from (excluded.facility_id, excluded.is_presale) then 0
            else least(
                greatest(0, c.activated - least(greatest(excluded.shipped - c.shipped, 0), c.quantity)), excluded.quantity
            )
        end,
        facility_id = excluded.facility_id,
        quantity = excluded.quantity,
        is_presale = excluded.is_presale,
        shipped = excluded.shipped,
        returned = excluded.returned,
        ordered_at = excluded.ordered_at,
        promised_at = case when excluded.is_presale then c.promised_at end,
        changed_at = now()
    where
        (c.facility_id, c.quantity, c.is_presale, c.shipped, c.returned, c.ordered_at) is distinct from
        (excluded.facility_id, excluded.quantity, excluded.is_presale, excluded.shipped, excluded.returned, excluded.ordered_at);

    -- What arrived for a presale and is not wanted any more goes to the next who waits, not to spot stock.
    if freed is not null then
        perform ops.activate_presale(freed_facilities, freed_skus, freed, array_fill(now(), array[cardinality(freed)]));
    end if;
end $$;

-- Read changed orders through the unified views; append what changed of their statuses; move the stock that they hold.
-- Idempotent: the same orders again change nothing. What they do follows from what they are now, so it doesn't matter in which
-- order, or how often, the channel told of them.
create or replace function ops.absorb_orders(p_channel text, p_shop text, p_order_ids text[]) returns void
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    lines ops.line_stock[];
    holds text[];
    facilities text[];
    skus text[];
begin
    -- Many orders are worth a plan of their own, in which the channel's name prunes the views to one branch. Planning that takes
    -- twenty times as long as reading one order, so few orders go by a plan that is made once a connection.
    if cardinality(p_order_ids) <= 500 then
        perform set_config('plan_cache_mode', 'force_generic_plan', true);
    end if;
    if to_regclass('unified.orders') is null then
        insert into ops.unabsorbed select p_channel, p_shop, id from unnest(p_order_ids) as id on conflict do nothing;
        return;
    end if;
    perform ops.lock_shop(p_channel, p_shop);

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

    select array_agg(h.hold_id order by h.hold_id) into holds from (
        select hold_id from ops.holds
        where channel = p_channel and shop = p_shop and order_id = any(p_order_ids) and state = 'confirmed'
        order by hold_id for update
    ) as h;

    with told as materialized (
        select h.* from ops.held_pieces(p_channel, p_shop, p_order_ids) as h
    ),
    known as materialized (
        select c.* from ops.commitments as c where c.channel = p_channel and c.shop = p_shop and c.order_id = any(p_order_ids)
    ),
    wanted as materialized (
        select
            t.order_id, t.line_id, t.sku, t.quantity, t.is_presale, t.shipped, t.returned, t.ordered_at, t.shipped_at, t.returned_at,
            coalesce(
                t.facility_id, -- the channel itself says where it ships from
                -- what holds pieces stays where it is, once it is somewhere; what wants none needs no other place
                case when k.quantity > 0 or k.shipped > 0 or t.quantity = 0 then nullif(k.facility_id, 'default') end,
                (
                    select l.facility_id from ops.hold_lines as l
                    inner join ops.holds as h on h.hold_id = l.hold_id
                    where l.hold_id = any(holds) and h.order_id = t.order_id and l.sku = t.sku order by 1 limit 1
                )
            ) as facility_id,
            k.order_id is not null as is_known
        from told as t
        left join known as k on k.order_id = t.order_id and k.line_id = t.line_id and k.sku = t.sku
    ),
    -- Until a router decides: where most of it is free, the better priority first among equals. A presale waits where it arrives.
    best as materialized (
        select distinct on (w.sku, w.is_presale) w.sku, w.is_presale, f.facility_id
        from (select distinct sku, is_presale from wanted where facility_id is null) as w
        cross join (select * from unified.facilities where kind = 'warehouse') as f
        left join ops.stock_positions as p on p.facility_id = f.facility_id and p.sku = w.sku
        left join ops.incoming as i
            on w.is_presale and i.facility_id = f.facility_id and i.sku = w.sku and i.status = 'open'
            and i.quantity > i.received_quantity
        order by
            w.sku, w.is_presale, i.expected_at,
            coalesce(p.on_hand - p.committed - p.held - p.presale_reserve, 0) desc, f.priority, f.facility_id
    ),
    placed as (
        select
            w.order_id, w.line_id, w.sku, coalesce(w.facility_id, b.facility_id, 'default') as facility_id, w.quantity, w.is_presale,
            w.shipped, w.returned, w.ordered_at, w.shipped_at, w.returned_at, w.is_known
        from wanted as w
        left join best as b on b.sku = w.sku and b.is_presale = w.is_presale
    )
    select array_agg(
        (
            p.order_id, p.line_id, p.sku, p.facility_id, p.quantity, p.is_presale, p.shipped, p.returned, p.ordered_at,
            p.shipped_at, p.returned_at
        )::ops.line_stock
    ) into lines
    from (
        select p.* from placed as p
        left join ops.stock_feeds as f on f.facility_id = p.facility_id
        -- An order that was over before the last count leaves no trace: the count knows of it.
        where
            p.is_known or p.quantity > 0 or (p.shipped > 0 and p.shipped_at > f.counted_at)
            or (p.returned > 0 and p.returned_at > f.counted_at)
        union all
        -- A line that was edited out of its order, or went with it, holds nothing any more.
        select
            k.order_id, k.line_id, k.sku, k.facility_id, 0, k.is_presale, k.shipped, k.returned, k.ordered_at, now(), now(), true
        from known as k
        where k.quantity > 0 and not exists (
            select from told as t where t.order_id = k.order_id and t.line_id = k.line_id and t.sku = k.sku
        )
    ) as p;
    if lines is null and holds is null then
        return;
    end if;

    select array_agg(i.facility_id), array_agg(i.sku) into facilities, skus from (
        select n.facility_id, n.sku from unnest(lines) as n
        union
        select c.facility_id, c.sku from ops.commitments as c
        where c.channel = p_channel and c.shop = p_shop and c.order_id = any(p_order_ids)
        union
        select l.facility_id, l.sku from ops.hold_lines as l where l.hold_id = any(holds)
    ) as i;
    perform ops.lock_items(facilities, skus);
    if holds is not null then
        perform ops.end_holds(holds, 'consumed', 'its order is here');
    end if;
    perform ops.move_lines(p_channel, p_shop, lines);
    perform ops.date_promises(facilities, skus);
end $$;

comment on table ops.unabsorbed is 'Orders to be read through the unified views: landed while there were none, or open while a recipe changed.';

-- ---------------------------------------------------------------------------------------------------------------------------
-- Supply: counts, purchases, presale promises
-- ---------------------------------------------------------------------------------------------------------------------------

-- Bundles as they were when last looked at: neither a hold nor an order can wait for the view of the whole catalogue.
create table ops.kits (
    bundle_sku text collate "C" not null,
    component_sku text collate "C" not null,
    quantity integer not null check (quantity > 0),
    primary key (bundle_sku, component_sku)
);

-- Purchase order lines as they were when last looked at.
create table ops.incoming (
    channel text collate "C" not null,
    shop text collate "C" not null,
    po_id text collate "C" not null,
    line_id text collate "C" not null,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    quantity integer not null,
    received_quantity integer not null,
    status text not null,
    expected_at timestamptz,
    changed_at timestamptz not null default now(),
    primary key (channel, shop, po_id, line_id)
);
create index on ops.incoming (sku, facility_id) where status = 'open';

-- Presales wait first in, first out for what is on its way; a view, since it follows from orders and purchases.
create view ops.presale_promises as
with waiting as (
    select
        c.*, c.quantity - c.activated as need,
        sum(c.quantity - c.activated) over (
            partition by c.facility_id, c.sku order by c.ordered_at, c.channel, c.shop, c.order_id, c.line_id
        ) as until_piece
    from ops.commitments as c
    where c.is_presale and c.quantity > c.activated
),
coming as (
    select
        i.*, i.quantity - i.received_quantity as left_over,
        sum(i.quantity - i.received_quantity) over (
            partition by i.facility_id, i.sku order by i.expected_at, i.channel, i.shop, i.po_id, i.line_id
        ) as until_piece
    from ops.incoming as i
    where i.status = 'open' and i.quantity > i.received_quantity
)
select
    w.channel, w.shop, w.order_id, w.line_id, w.sku, w.facility_id, w.ordered_at,
    c.channel as po_channel, c.shop as po_shop, c.po_id, c.line_id as po_line_id, c.expected_at as promised_at,
    (least(w.until_piece, c.until_piece) - greatest(w.until_piece - w.need, c.until_piece - c.left_over))::integer as quantity
from waiting as w
inner join coming as c
    on c.facility_id = w.facility_id and c.sku = w.sku
    and c.until_piece > w.until_piece - w.need and c.until_piece - c.left_over < w.until_piece;
comment on view ops.presale_promises is 'Which purchase order line each waiting presale piece is promised from, first in first out. Pieces that none covers are in no row.';

create table ops.promise_changes (
    change_id bigint generated always as identity primary key,
    changed_at timestamptz not null default now(),
    channel text not null,
    shop text not null,
    order_id text not null,
    line_id text not null,
    sku text not null,
    old_promised_at timestamptz,
    new_promised_at timestamptz
);
create index on ops.promise_changes (changed_at);
comment on table ops.promise_changes is 'Presale promises that were re-dated, first dates included. No new date: nothing on its way covers it.';

-- Date the promises of these items, which the caller has locked, by the purchases that cover them now.
create function ops.date_promises(p_facilities text[], p_skus text[]) returns bigint language plpgsql as $$
declare
    dated bigint := 0;
begin
    if not exists (select from ops.commitments as c where c.is_presale and c.quantity > c.activated and c.sku = any(p_skus)) then
        return 0;
    end if;
    with dates as (
        select c.channel, c.shop, c.order_id, c.line_id, c.sku, c.promised_at as old_at,
            case when sum(p.quantity) = c.quantity - c.activated then max(p.promised_at) end as new_at
        from ops.commitments as c
        left join ops.presale_promises as p using (channel, shop, order_id, line_id, sku)
        where
            c.is_presale and c.quantity > c.activated and c.sku = any(p_skus) and (p.sku is null or p.sku = any(p_skus))
            and (c.facility_id, c.sku) in (select i.facility_id, i.sku from unnest(p_facilities, p_skus) as i (facility_id, sku))
        group by c.channel, c.shop, c.order_id, c.line_id, c.sku, c.promised_at, c.quantity, c.activated
    ),
    told as (
        insert into ops.promise_changes (channel, shop, order_id, line_id, sku, old_promised_at, new_promised_at)
        select channel, shop, order_id, line_id, sku, old_at, new_at from dates where old_at is distinct from new_at
        returning channel, shop, order_id, line_id, sku, new_promised_at
    )
    update ops.commitments as c set promised_at = t.new_promised_at
    from told as t
    where (c.channel, c.shop, c.order_id, c.line_id, c.sku) = (t.channel, t.shop, t.order_id, t.line_id, t.sku);
    get diagnostics dated = row_count;
    return dated;
end $$;

-- Set pieces that arrived apart for the presales that wait for them, first in first out; never for an order younger than they.
create function ops.activate_presale(p_facilities text[], p_skus text[], p_quantities integer[], p_at timestamptz[]) returns void
language plpgsql as $$
declare
    ready ops.commitments[];
begin
    select array_agg(w.c) into ready from (
        select
            c, c.quantity - c.activated as need, a.quantity as arrived,
            sum(c.quantity - c.activated) over (
                partition by c.facility_id, c.sku order by c.ordered_at, c.channel, c.shop, c.order_id, c.line_id
            ) as until_piece
        from unnest(p_facilities, p_skus, p_quantities, p_at) as a (facility_id, sku, quantity, at)
        inner join ops.commitments as c on c.facility_id = a.facility_id and c.sku = a.sku
        where c.is_presale and c.quantity > c.activated and c.ordered_at <= a.at
    ) as w
    where w.until_piece - w.need < w.arrived;
    if ready is null then
        return;
    end if;
    with arriving as (
        select
            c.*,
            least(
                c.quantity - c.activated,
                a.quantity - sum(c.quantity - c.activated) over (
                    partition by c.facility_id, c.sku order by c.ordered_at, c.channel, c.shop, c.order_id, c.line_id
                ) + c.quantity - c.activated
            ) as pieces
        from unnest(ready) as c
        inner join unnest(p_facilities, p_skus, p_quantities) as a (facility_id, sku, quantity)
            on a.facility_id = c.facility_id and a.sku = c.sku
    ),
    moved as (
        insert into ops.stock_movements (
            occurred_at, facility_id, sku, kind, quantity, presale_reserve, presale_promised, channel, shop, order_id, line_id
        )
        select now(), facility_id, sku, 'presale_activate', pieces, pieces, -pieces, channel, shop, order_id, line_id
        from arriving
    )
    update ops.commitments as c set activated = c.activated + a.pieces, changed_at = now()
    from arriving as a
    where (c.channel, c.shop, c.order_id, c.line_id, c.sku) = (a.channel, a.shop, a.order_id, a.line_id, a.sku);
end $$;

-- Take in what the ERP or warehouse system says now: purchases first, so that what arrived for a presale is set apart before
-- it is counted. All items are locked at once. Returns how many items were counted anew.
create function ops.absorb_supply() returns bigint
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    counted bigint := 0;
begin
    if to_regclass('unified.stock') is null then
        return 0;
    end if;
    perform pg_advisory_xact_lock(7291021);
    create temporary table if not exists counts (
        facility_id text collate "C", sku text collate "C", on_hand integer
    ) on commit delete rows;
    create temporary table if not exists purchases (
        channel text collate "C", shop text collate "C", po_id text collate "C", line_id text collate "C",
        facility_id text collate "C", sku text collate "C", quantity integer, received_quantity integer, status text,
        expected_at timestamptz, arrived integer, arrived_at timestamptz, is_known boolean
    ) on commit delete rows;
    create temporary table if not exists moving (
        facility_id text collate "C", sku text collate "C"
    ) on commit delete rows;
    delete from counts;
    delete from purchases;
    delete from moving;
    perform ops.read_counts();
    perform ops.read_purchases();
    perform ops.read_kits();
    insert into moving
    select m.facility_id, m.sku from ops.miscounted() as m
    union
    select p.facility_id, p.sku from purchases as p
    union
    select i.facility_id, i.sku from purchases as p
    inner join ops.incoming as i on i.channel = p.channel and i.shop = p.shop and i.po_id = p.po_id and i.line_id = p.line_id;
    perform ops.lock_items(array_agg(m.facility_id), array_agg(m.sku)) from moving as m;
    perform ops.receive_purchases();
    insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand)
    select f.counted_at, d.facility_id, d.sku, 'snapshot', d.on_hand, d.difference
    from ops.miscounted() as d
    inner join moving as m on m.facility_id = d.facility_id and m.sku = d.sku
    inner join ops.stock_feeds as f on f.facility_id = d.facility_id;
    get diagnostics counted = row_count;
    return counted;
end $$;

-- Recipes as they are now. Where one changed, what open orders hold follows: they wait to be read anew.
create function ops.read_kits() returns void language plpgsql as $$
declare
    changed bigint;
begin
    if to_regclass('unified.bundle_components') is null then
        return;
    end if;
    with told as materialized (
        select b.bundle_sku, b.component_sku, b.quantity from unified.bundle_components as b
    ),
    gone as (
        delete from ops.kits as k where not exists (
            select from told as t where t.bundle_sku = k.bundle_sku and t.component_sku = k.component_sku
        )
        returning 1
    ),
    written as (
        insert into ops.kits as k select t.bundle_sku, t.component_sku, t.quantity from told as t
        on conflict (bundle_sku, component_sku) do update set quantity = excluded.quantity where k.quantity <> excluded.quantity
        returning 1
    )
    select (select count(*) from gone) + (select count(*) from written) into changed;
    if changed > 0 then
        insert into ops.unabsorbed
        select distinct c.channel, c.shop, c.order_id from ops.commitments as c where c.quantity > 0
        on conflict do nothing;
    end if;
end $$;

create function ops.read_counts() returns void language plpgsql as $$
begin
    insert into counts select s.facility_id, s.sku, sum(s.on_hand)::integer from unified.stock as s group by s.facility_id, s.sku;
    -- A count is as old as its oldest page: what left while it was read is taken off once too often, never too seldom.
    insert into ops.stock_feeds as f (facility_id, counted_at)
    select s.facility_id, min(s.as_of) from unified.stock as s group by s.facility_id order by s.facility_id
    on conflict (facility_id) do update set counted_at = greatest(f.counted_at, excluded.counted_at);
end $$;

-- Items of facilities with a feed whose position is not what was counted plus what moved since.
create function ops.miscounted() returns table (facility_id text, sku text, on_hand integer, difference integer)
language plpgsql as $$
begin
    return query
    with items as (
        select i.facility_id, i.sku from counts as i
        union
        select i.facility_id, i.sku from ops.stock_positions as i
        inner join ops.stock_feeds as f on f.facility_id = i.facility_id
        where i.on_hand <> 0
    ),
    since as (
        select v.facility_id, v.sku, sum(v.on_hand) as pieces
        from ops.stock_movements as v
        inner join ops.stock_feeds as f on f.facility_id = v.facility_id
        where
            v.on_hand <> 0 and v.kind <> 'snapshot' and v.occurred_at > f.counted_at
            and v.occurred_at > (select min(g.counted_at) from ops.stock_feeds as g)
        group by v.facility_id, v.sku
    )
    select i.facility_id, i.sku, coalesce(c.on_hand, 0), (coalesce(c.on_hand, 0) + coalesce(s.pieces, 0) - coalesce(p.on_hand, 0))::integer
    from items as i
    left join counts as c on c.facility_id = i.facility_id and c.sku = i.sku
    left join since as s on s.facility_id = i.facility_id and s.sku = i.sku
    left join ops.stock_positions as p on p.facility_id = i.facility_id and p.sku = i.sku
    where coalesce(c.on_hand, 0) + coalesce(s.pieces, 0) <> coalesce(p.on_hand, 0);
end $$;

-- Purchase order lines that are not as they were.
create function ops.read_purchases() returns void language plpgsql as $$
begin
    if to_regclass('unified.purchase_order_lines') is null then
        return;
    end if;
    insert into purchases
    with told as materialized (
        select
            u.channel, u.shop, u.po_id, u.line_id, coalesce(u.facility_id, 'default') as facility_id, u.sku, u.quantity,
            u.received_quantity, u.status, u.expected_at, u.received_at
        from unified.purchase_order_lines as u
    )
    select
        t.channel, t.shop, t.po_id, t.line_id, t.facility_id, t.sku, t.quantity, t.received_quantity, t.status, t.expected_at,
        greatest(0, t.received_quantity - coalesce(i.received_quantity, 0)), least(coalesce(t.received_at, now()), now()),
        i.po_id is not null
    from told as t
    left join ops.incoming as i
        on i.channel = t.channel and i.shop = t.shop and i.po_id = t.po_id and i.line_id = t.line_id
    where
        i.po_id is null
        or (i.facility_id, i.sku, i.quantity, i.received_quantity, i.status, i.expected_at)
        is distinct from (t.facility_id, t.sku, t.quantity, t.received_quantity, t.status, t.expected_at);
end $$;

create function ops.receive_purchases() returns void language plpgsql as $$
begin
    if not exists (select from purchases) then
        return;
    end if;
    insert into ops.incoming as i (channel, shop, po_id, line_id, facility_id, sku, quantity, received_quantity, status, expected_at)
    select p.channel, p.shop, p.po_id, p.line_id, p.facility_id, p.sku, p.quantity, p.received_quantity, p.status, p.expected_at
    from purchases as p
    on conflict (channel, shop, po_id, line_id) do update set
        facility_id = excluded.facility_id, sku = excluded.sku, quantity = excluded.quantity,
        received_quantity = excluded.received_quantity, status = excluded.status, expected_at = excluded.expected_at,
        changed_at = now();
    -- Where stock is counted, the next count tells what is on hand: the receipt is on record and adds nothing.
    insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand, channel, shop, reference)
    select
        p.arrived_at, p.facility_id, p.sku, 'receipt', p.arrived, case when f.facility_id is null then p.arrived else 0 end,
        p.channel, p.shop, p.po_id || '/' || p.line_id
    from purchases as p left join ops.stock_feeds as f on f.facility_id = p.facility_id
    where p.arrived > 0 and p.is_known;
    perform ops.activate_presale(
        array_agg(a.facility_id), array_agg(a.sku), array_agg(a.arrived), array_agg(a.arrived_at)
    ) from (
        select p.facility_id, p.sku, sum(p.arrived)::integer as arrived, max(p.arrived_at) as arrived_at
        from purchases as p where p.arrived > 0 group by p.facility_id, p.sku
    ) as a;
    perform ops.date_promises(array_agg(m.facility_id), array_agg(m.sku)) from moving as m;
end $$;

drop function ops.absorb_pending(boolean);

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

create table ops.holds (
    hold_id text primary key check (hold_id <> ''),
    channel text collate "C" not null,
    shop text collate "C" not null,
    state text not null default 'held' check (state in ('held', 'confirmed', 'consumed', 'released', 'expired')),
    on_review boolean not null default false,
    order_id text collate "C",
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    reason text
);
create index on ops.holds (expires_at) where state = 'held';
create index on ops.holds (channel, shop, order_id) where state = 'confirmed';
comment on table ops.holds is 'Pieces promised before an order is accepted. held -> confirmed (its order is known) -> consumed (its order is here), or released, or expired.';

create table ops.hold_lines (
    hold_id text not null references ops.holds,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    quantity integer not null check (quantity > 0),
    primary key (hold_id, facility_id, sku)
);

-- A hold as callers see it.
create function ops.hold_of(p_hold_id text) returns jsonb language sql stable as $$
    select to_jsonb(h) || jsonb_build_object('lines', coalesce((
        select jsonb_agg(jsonb_build_object('facility_id', l.facility_id, 'sku', l.sku, 'quantity', l.quantity) order by l.facility_id, l.sku)
        from ops.hold_lines as l where l.hold_id = h.hold_id
    ), '[]'))
    from ops.holds as h where h.hold_id = p_hold_id
$$;

-- What a shop may take of each of these SKUs where: not more than is available, of others' quotas nothing, of the pool what is
-- not protected against it. A facility whose count is too old to be believed has nothing to give.
create function ops.offers(p_channel text, p_shop text, p_skus text[], p_facility text)
returns table (facility_id text, sku text, quantity integer) language sql stable as $$
    select
        a.facility_id, a.sku,
        case
            when not a.is_known then 0
            when q.run_id is null then greatest(0, a.available)
            else greatest(0, least(
                a.available, q.quota + greatest(0, a.available - coalesce(t.quota_total, 0) - q.protected)
            ))
        end
    from ops.available as a
    left join planning.quotas as q
        on q.run_id = a.run_id and q.facility_id = a.facility_id and q.sku = a.sku and q.channel = p_channel and q.shop = p_shop
    left join planning.stock_plan as t on t.run_id = a.run_id and t.facility_id = a.facility_id and t.sku = a.sku
    where a.sku = any(p_skus) and a.facility_id = coalesce(p_facility, a.facility_id) and a.facility_id <> 'default'
$$;

-- Hold pieces for checkouts, many in one transaction and in their order: what a commit costs is shared. `p_requests` is
-- [{"hold_id", "channel", "shop", "lines": [{"sku", "quantity"}], "for_seconds", "facility_id"}]; the answers come in the same order.
-- All lines of a request or none. Bundles are taken apart and what lines share is added up. Where one facility has all of it, it is
-- held there; else a facility a SKU, since an order line ships from one. The same hold_id again gives the hold that there is.
-- Refused: {"hold_id", "state": "refused", "short": [{"sku", "wanted", "available"}]}, nothing is kept.
create function ops.hold_many(p_requests jsonb) returns setof jsonb language plpgsql
set plan_cache_mode = force_generic_plan -- planning it takes several times as long as doing it
as $$
declare
    is_amiss boolean;
    -- lines: whose request, for whom, where (null: anywhere), what, how many
    request integer[]; ids text[]; channels text[]; shops text[]; places text[]; wants text[]; wanted integer[];
    -- items, and how many of each are free yet
    facilities text[]; skus text[]; free integer[];
    -- candidates, by line: an item that may serve it, the shop's own quota of it, what is kept for others
    line_of integer[]; item integer[]; stock integer[]; quota integer[]; others integer[];
    offer integer[]; best integer[]; -- by candidate; by line: the candidate that offers most
    first_line integer := 1; last_line integer; first_candidate integer := 1; last_candidate integer;
    one integer; other integer; line integer; fits integer; slack integer; most_slack integer; whole text; short jsonb;
    refused text[] := '{}'; refusals jsonb[] := '{}';
    taken_ids text[] := '{}'; taken_from text[] := '{}'; taken_skus text[] := '{}'; taken integer[] := '{}';
    taken_channels text[] := '{}'; taken_shops text[] := '{}';
begin
    -- Holds before items, each in one order: a batch and a repeat of one of its requests can't wait for each other.
    with asked as materialized (
        select e.r ->> 'hold_id' as hold_id, e.r as said, e.position
        from jsonb_array_elements(p_requests) with ordinality as e (r, position)
    ),
    made as (
        insert into ops.holds (hold_id, channel, shop, expires_at)
        select distinct on (a.hold_id)
            a.hold_id, a.said ->> 'channel', a.said ->> 'shop',
            now() + coalesce(
                make_interval(secs => (a.said ->> 'for_seconds')::double precision), (select o.hold_for from ops.stock_policy as o)
            )
        from asked as a
        order by a.hold_id, a.position
        on conflict (hold_id) do nothing
        returning hold_id
    ),
    lines as (
        select
            f.position, min(f.hold_id) as hold_id, min(f.said ->> 'channel') as channel, min(f.said ->> 'shop') as shop,
            min(f.said ->> 'facility_id') as place, coalesce(k.component_sku, l.sku) as sku,
            sum(l.quantity * coalesce(k.quantity, 1))::integer as quantity,
            bool_or(l.sku is null or l.quantity is null or l.quantity <= 0) as is_amiss
        from (
            select distinct on (a.hold_id) a.* from asked as a inner join made as m on m.hold_id = a.hold_id
            order by a.hold_id, a.position
        ) as f
        left join lateral jsonb_to_recordset(f.said -> 'lines') as l (sku text, quantity integer) on true
        left join ops.kits as k on k.bundle_sku = l.sku
        group by f.position, coalesce(k.component_sku, l.sku)
        order by f.position, coalesce(k.component_sku, l.sku)
    )
    select
        array_agg(l.position), array_agg(l.hold_id), array_agg(l.channel), array_agg(l.shop), array_agg(l.place), array_agg(l.sku),
        array_agg(l.quantity), coalesce(bool_or(l.is_amiss), false)
    into request, ids, channels, shops, places, wants, wanted, is_amiss
    from lines as l;
    if is_amiss then
        raise exception 'a hold needs lines, each with a sku and a quantity above 0' using errcode = 'invalid_parameter_value';
    end if;

    select array_agg(p.facility_id), array_agg(p.sku) into facilities, skus from ops.stock_positions as p
    where
        p.sku = any(wants) and p.facility_id <> 'default'
        and (p.facility_id = any(places) or array_position(places, null) is not null);
    perform ops.lock_positions(facilities, skus);
    select array_agg(c.line), array_agg(c.item), array_agg(c.stock), array_agg(c.quota), array_agg(c.others)
    into line_of, item, stock, quota, others
    from (
        select
            w.line, i.item, case when a.is_known then a.available else 0 end as stock, q.quota,
            coalesce(t.quota_total, 0) + q.protected as others
        from unnest(wants, channels, shops, places) with ordinality as w (sku, channel, shop, place, line)
        inner join unnest(facilities, skus) with ordinality as i (facility_id, sku, item)
            on i.sku = w.sku and i.facility_id = coalesce(w.place, i.facility_id)
        inner join ops.available as a on a.facility_id = i.facility_id and a.sku = i.sku
        left join planning.quotas as q
            on q.run_id = a.run_id and q.facility_id = a.facility_id and q.sku = a.sku and q.channel = w.channel and q.shop = w.shop
        left join planning.stock_plan as t on t.run_id = a.run_id and t.facility_id = a.facility_id and t.sku = a.sku
        order by w.line, i.facility_id
    ) as c;

    offer := array_fill(0, array[coalesce(cardinality(item), 0)]);
    free := array_fill(0, array[coalesce(cardinality(skus), 0)]);
    best := array_fill(null::integer, array[coalesce(cardinality(wants), 0)]);
    for one in 1 .. coalesce(cardinality(item), 0) loop
        free[item[one]] := stock[one];
    end loop;
    while first_line <= cardinality(wants) loop
        last_line := first_line;
        while request[last_line + 1] = request[first_line] loop
            last_line := last_line + 1;
        end loop;
        last_candidate := first_candidate - 1;
        while line_of[last_candidate + 1] <= last_line loop
            last_candidate := last_candidate + 1;
            -- as in ops.offers
            offer[last_candidate] := greatest(0, case
                when quota[last_candidate] is null then free[item[last_candidate]]
                else least(
                    free[item[last_candidate]],
                    quota[last_candidate] + greatest(0, free[item[last_candidate]] - others[last_candidate])
                )
            end);
            line := line_of[last_candidate];
            if best[line] is null or offer[last_candidate] > offer[best[line]] then
                best[line] := last_candidate;
            end if;
        end loop;

        short := null;
        for line in first_line .. last_line loop
            if best[line] is null or offer[best[line]] < wanted[line] then
                short := coalesce(short, '[]') || jsonb_build_object(
                    'sku', wants[line], 'wanted', wanted[line], 'available', coalesce(offer[best[line]], 0)
                );
            end if;
        end loop;
        if short is not null then
            refused := refused || ids[first_line];
            refusals := refusals || jsonb_build_object('hold_id', ids[first_line], 'state', 'refused', 'short', short);
        else
            whole := null;
            most_slack := -1;
            if last_line > first_line then
                one := first_candidate;
                while line_of[one] = first_line loop
                    slack := offer[one] - wanted[first_line];
                    fits := 1;
                    for other in one + 1 .. last_candidate loop
                        if line_of[other] > first_line and facilities[item[other]] = facilities[item[one]] then
                            slack := least(slack, offer[other] - wanted[line_of[other]]);
                            fits := fits + 1;
                        end if;
                    end loop;
                    if fits = last_line - first_line + 1 and slack > most_slack then
                        most_slack := slack;
                        whole := facilities[item[one]];
                    end if;
                    one := one + 1;
                end loop;
            end if;
            for other in first_candidate .. last_candidate loop
                line := line_of[other];
                if (whole is null and best[line] = other) or facilities[item[other]] = whole then
                    free[item[other]] := free[item[other]] - wanted[line];
                    taken_ids := taken_ids || ids[line];
                    taken_channels := taken_channels || channels[line];
                    taken_shops := taken_shops || shops[line];
                    taken_from := taken_from || facilities[item[other]];
                    taken_skus := taken_skus || wants[line];
                    taken := taken || wanted[line];
                end if;
            end loop;
        end if;
        first_line := last_line + 1;
        first_candidate := last_candidate + 1;
    end loop;

    if refused <> '{}' then
        delete from ops.holds where hold_id = any(refused);
    end if;
    if taken <> '{}' then
        with kept as (
            insert into ops.hold_lines (hold_id, facility_id, sku, quantity)
            select * from unnest(taken_ids, taken_from, taken_skus, taken)
        )
        insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, held, channel, shop, hold_id)
        select now(), t.facility_id, t.sku, 'hold', t.quantity, t.quantity, t.channel, t.shop, t.hold_id
        from unnest(taken_ids, taken_channels, taken_shops, taken_from, taken_skus, taken) as t (
            hold_id, channel, shop, facility_id, sku, quantity
        );
    end if;
    return query
    select coalesce(f.answer, ops.hold_of(e.r ->> 'hold_id'))
    from jsonb_array_elements(p_requests) with ordinality as e (r, position)
    left join unnest(refused, refusals) as f (hold_id, answer) on f.hold_id = e.r ->> 'hold_id'
    order by e.position;
end $$;

-- One hold. `p_lines` is [{"sku", "quantity"}].
create function ops.hold(
    p_hold_id text, p_channel text, p_shop text, p_lines jsonb, p_for interval default null, p_facility text default null
) returns jsonb language plpgsql as $$
begin
    return (
        select h from ops.hold_many(jsonb_build_array(jsonb_build_object(
            'hold_id', p_hold_id, 'channel', p_channel, 'shop', p_shop, 'lines', p_lines,
            'for_seconds', extract(epoch from p_for), 'facility_id', p_facility
        ))) as h
    );
end $$;

-- Give back what these holds hold, once. The caller has locked their rows and items.
create function ops.end_holds(p_hold_ids text[], p_state text, p_reason text) returns bigint language plpgsql as $$
declare
    ending text[];
begin
    with ended as (
        update ops.holds set state = p_state, reason = p_reason, ended_at = now()
        where hold_id = any(p_hold_ids) and state in ('held', 'confirmed')
        returning hold_id
    )
    select array_agg(hold_id) into ending from ended;
    insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, held, channel, shop, hold_id, reference)
    select now(), l.facility_id, l.sku, 'unhold', l.quantity, -l.quantity, h.channel, h.shop, h.hold_id, p_state
    from ops.hold_lines as l inner join ops.holds as h on h.hold_id = l.hold_id
    where l.hold_id = any(ending);
    return coalesce(cardinality(ending), 0);
end $$;

create function ops.lock_holds(p_hold_ids text[]) returns void language plpgsql as $$
begin
    perform from ops.holds where hold_id = any(p_hold_ids) order by hold_id for update;
    perform ops.lock_positions(array_agg(l.facility_id), array_agg(l.sku)) from ops.hold_lines as l where l.hold_id = any(p_hold_ids);
end $$;

-- A checkout was left: its pieces are free. Null where there is no such hold.
create function ops.release_hold(p_hold_id text, p_reason text default 'released') returns jsonb language plpgsql as $$
begin
    perform ops.lock_holds(array[p_hold_id]);
    perform ops.end_holds(array[p_hold_id], 'released', p_reason);
    return ops.hold_of(p_hold_id);
end $$;

-- The checkout became this order. Until the order is landed the hold stands and does not expire; where it is here already the hold
-- has done its work. An ended hold stays ended: its state says that the pieces are not promised any more.
create function ops.confirm_hold(p_hold_id text, p_order_id text) returns jsonb language plpgsql as $$
begin
    -- an absorption of the order under way would not see this, nor this it
    perform ops.lock_shop(h.channel, h.shop, true) from ops.holds as h where h.hold_id = p_hold_id;
    perform ops.lock_holds(array[p_hold_id]);
    update ops.holds set state = 'confirmed', order_id = p_order_id where hold_id = p_hold_id and state = 'held';
    perform ops.end_holds(array[h.hold_id], 'consumed', 'its order is here') from ops.holds as h
    where
        h.hold_id = p_hold_id and h.state = 'confirmed'
        and exists (
            select from ops.order_events as e where e.channel = h.channel and e.shop = h.shop and e.order_id = h.order_id
        );
    return ops.hold_of(p_hold_id);
end $$;

-- While a fraud check or a payment is awaited a hold does not expire; when that is over it has its time again.
create function ops.review_hold(p_hold_id text, p_on_review boolean) returns jsonb language plpgsql as $$
begin
    update ops.holds as h set
        on_review = p_on_review,
        expires_at = case when h.on_review and not p_on_review then greatest(h.expires_at, now() + o.hold_for) else h.expires_at end
    from ops.stock_policy as o
    where h.hold_id = p_hold_id and h.state in ('held', 'confirmed');
    return ops.hold_of(p_hold_id);
end $$;

-- End holds whose time is over, at most p_limit. Several may do so at once: each takes others.
create function ops.expire_holds(p_limit integer default 1000) returns bigint language plpgsql as $$
declare
    expired text[];
begin
    select array_agg(h.hold_id) into expired from (
        select hold_id from ops.holds
        where state = 'held' and not on_review and expires_at <= now()
        order by hold_id limit p_limit for update skip locked
    ) as h;
    if expired is null then
        return 0;
    end if;
    perform ops.lock_positions(array_agg(l.facility_id), array_agg(l.sku)) from ops.hold_lines as l where l.hold_id = any(expired);
    return ops.end_holds(expired, 'expired', 'its time was over');
end $$;

-- ---------------------------------------------------------------------------------------------------------------------------
-- What people and warehouse systems tell directly. Each is named by a key: told again, it has been done.
-- ---------------------------------------------------------------------------------------------------------------------------

-- A receipt (above 0) or an adjustment (either way) of an item. The movement's number; that of the first time for a key seen before.
create function ops.adjust_stock(
    p_key text, p_kind text, p_facility text, p_sku text, p_quantity integer, p_at timestamptz default now(), p_reference text default null
) returns bigint language plpgsql as $$
declare
    done bigint;
begin
    if p_kind not in ('receipt', 'adjustment') or p_quantity = 0 or (p_kind = 'receipt' and p_quantity < 0) then
        raise exception 'a receipt is above 0, an adjustment not 0' using errcode = 'invalid_parameter_value';
    end if;
    perform ops.lock_items(array[p_facility], array[p_sku]);
    select movement_id into done from ops.stock_movements where movement_key = p_key;
    if done is not null then
        return done;
    end if;
    insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand, reference, movement_key)
    select p_at, p_facility, p_sku, p_kind, p_quantity, case when p_at > coalesce(max(f.counted_at), '-infinity') then p_quantity else 0 end,
        p_reference, p_key
    from ops.stock_feeds as f where f.facility_id = p_facility
    returning movement_id into done;
    return done;
end $$;

-- Move free pieces to another facility. Raises where fewer are available: what is promised stays.
create function ops.transfer_stock(
    p_key text, p_from text, p_to text, p_sku text, p_quantity integer, p_at timestamptz default now(), p_reference text default null
) returns void language plpgsql as $$
declare
    free integer;
begin
    if p_quantity <= 0 or p_from = p_to then
        raise exception 'a transfer moves pieces from one facility to another' using errcode = 'invalid_parameter_value';
    end if;
    perform ops.lock_items(array[p_from, p_to], array[p_sku, p_sku]);
    if exists (select from ops.stock_movements where movement_key = p_key || ':out') then
        return;
    end if;
    select on_hand - committed - held - presale_reserve into free from ops.stock_positions where facility_id = p_from and sku = p_sku;
    if free < p_quantity then
        raise exception 'only % pieces of % are free at %, not %', greatest(free, 0), p_sku, p_from, p_quantity
            using errcode = 'check_violation';
    end if;
    insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand, reference, movement_key)
    select p_at, m.facility_id, p_sku, m.kind, p_quantity,
        case when p_at > coalesce(f.counted_at, '-infinity') then m.on_hand else 0 end, p_reference, m.key
    from (
        values (p_from, 'transfer_out', -p_quantity, p_key || ':out'), (p_to, 'transfer_in', p_quantity, p_key || ':in')
    ) as m (facility_id, kind, on_hand, key)
    left join ops.stock_feeds as f on f.facility_id = m.facility_id;
end $$;

-- Pieces of an order came back to a facility. Never more than were shipped; where the channel told of them already, they are not
-- counted again. Raises where fewer than p_quantity are out. The number taken in by this key.
create function ops.return_stock(
    p_key text, p_channel text, p_shop text, p_order_id text, p_line_id text, p_sku text, p_quantity integer, p_disposition text,
    p_at timestamptz default now()
) returns integer language plpgsql as $$
declare
    line ops.commitments;
    counted integer; -- pieces that were not back before
    believed integer; -- pieces that are on hand since the channel said so
    feed_at timestamptz;
begin
    if p_quantity is null or p_quantity <= 0 or p_disposition is null then
        raise exception 'a return needs a quantity above 0 and a disposition' using errcode = 'invalid_parameter_value';
    end if;
    perform ops.lock_shop(p_channel, p_shop);
    select c.* into line from ops.commitments as c
    where (c.channel, c.shop, c.order_id, c.line_id, c.sku) = (p_channel, p_shop, p_order_id, p_line_id, p_sku);
    if line is null then
        raise exception 'the ledger has no line % of order %/%/% with %', p_line_id, p_channel, p_shop, p_order_id, p_sku
            using errcode = 'no_data_found';
    end if;
    perform ops.lock_items(array[line.facility_id], array[p_sku]);
    if exists (select from ops.stock_movements where movement_key = p_key) then
        return p_quantity;
    end if;
    if line.received_back + p_quantity > line.shipped then
        raise exception '% pieces can''t come back: % were shipped, % came back', p_quantity, line.shipped, line.received_back
            using errcode = 'check_violation';
    end if;
    select coalesce(max(f.counted_at), '-infinity') into feed_at from ops.stock_feeds as f where f.facility_id = line.facility_id;
    -- What the channel said came back is the same piece, and where it went is the facility's word: not to be sold, it leaves again.
    counted := greatest(0, line.received_back + p_quantity - greatest(line.received_back, line.returned));
    select coalesce(sum(m.on_hand), 0) into believed from ops.stock_movements as m
    where
        m.channel = p_channel and m.shop = p_shop and m.order_id = p_order_id and m.line_id = p_line_id and m.sku = p_sku
        and m.kind = 'return' and m.occurred_at > feed_at and (m.movement_key is null or m.on_hand < 0);
    insert into ops.stock_movements (
        occurred_at, facility_id, sku, kind, quantity, on_hand, unsellable, disposition, channel, shop, order_id, line_id, movement_key
    )
    values (
        p_at, line.facility_id, p_sku, 'return', p_quantity,
        case
            when p_at <= feed_at then 0
            when p_disposition = 'restock' then counted
            else -least(p_quantity - counted, believed)
        end,
        case when p_disposition = 'quarantine' then p_quantity else 0 end,
        p_disposition, p_channel, p_shop, p_order_id, p_line_id, p_key
    );
    update ops.commitments as c set received_back = c.received_back + p_quantity, changed_at = now()
    where (c.channel, c.shop, c.order_id, c.line_id, c.sku) = (p_channel, p_shop, p_order_id, p_line_id, p_sku);
    return p_quantity;
end $$;

-- Let an order's line ship from elsewhere. Raises where that facility has not enough of it available.
create function ops.move_reservation(p_channel text, p_shop text, p_order_id text, p_line_id text, p_sku text, p_to text)
returns void language plpgsql as $$
declare
    line ops.commitments;
    free integer;
begin
    perform ops.lock_shop(p_channel, p_shop);
    select c.* into line from ops.commitments as c
    where (c.channel, c.shop, c.order_id, c.line_id, c.sku) = (p_channel, p_shop, p_order_id, p_line_id, p_sku);
    if line is null or line.quantity = 0 then
        raise exception 'line % of order %/%/% holds no %', p_line_id, p_channel, p_shop, p_order_id, p_sku using errcode = 'no_data_found';
    end if;
    if line.facility_id = p_to then
        return;
    end if;
    perform ops.lock_items(array[line.facility_id, p_to], array[p_sku, p_sku]);
    select case when is_known then available else 0 end into free from ops.available where facility_id = p_to and sku = p_sku;
    if not line.is_presale and coalesce(free, 0) < line.quantity then
        raise exception 'only % pieces of % are available at %, not %', greatest(coalesce(free, 0), 0), p_sku, p_to, line.quantity
            using errcode = 'check_violation';
    end if;
    perform ops.move_lines(p_channel, p_shop, array[(
        line.order_id, line.line_id, line.sku, p_to, line.quantity, line.is_presale, line.shipped, line.returned, line.ordered_at, now(), now()
    )::ops.line_stock]);
    perform ops.date_promises(array[line.facility_id, p_to], array[p_sku, p_sku]);
end $$;

-- ---------------------------------------------------------------------------------------------------------------------------
-- Proof: everything derived, derived again
-- ---------------------------------------------------------------------------------------------------------------------------

-- What differs; no row where the ledger is sound.
create function ops.verify_stock() returns table (what text, facility_id text, sku text, kept bigint, recomputed bigint)
language sql stable as $$
    with moved as (
        select m.facility_id, m.sku, sum(m.on_hand) as on_hand, sum(m.committed) as committed, sum(m.held) as held,
            sum(m.presale_reserve) as presale_reserve, sum(m.presale_promised) as presale_promised, sum(m.unsellable) as unsellable
        from ops.stock_movements as m group by m.facility_id, m.sku
    ),
    promised as (
        select c.facility_id, c.sku, sum(c.quantity) filter (where not c.is_presale) as committed,
            sum(c.activated) filter (where c.is_presale) as presale_reserve,
            sum(c.quantity - c.activated) filter (where c.is_presale) as presale_promised
        from ops.commitments as c group by c.facility_id, c.sku
    ),
    holding as (
        select l.facility_id, l.sku, sum(l.quantity) as held
        from ops.hold_lines as l inner join ops.holds as h on h.hold_id = l.hold_id
        where h.state in ('held', 'confirmed') group by l.facility_id, l.sku
    )
    select d.what, d.facility_id, d.sku, d.kept, d.recomputed
    from ops.stock_positions as p
    full join moved as m on m.facility_id = p.facility_id and m.sku = p.sku
    full join promised as c on c.facility_id = coalesce(p.facility_id, m.facility_id) and c.sku = coalesce(p.sku, m.sku)
    full join holding as h
        on h.facility_id = coalesce(p.facility_id, m.facility_id, c.facility_id) and h.sku = coalesce(p.sku, m.sku, c.sku)
    cross join lateral (
        select coalesce(p.facility_id, m.facility_id, c.facility_id, h.facility_id) as facility_id,
            coalesce(p.sku, m.sku, c.sku, h.sku) as sku
    ) as i
    cross join lateral (
        values
        ('on hand, by its movements', i.facility_id, i.sku, coalesce(p.on_hand, 0)::bigint, coalesce(m.on_hand, 0)::bigint),
        ('committed, by its movements', i.facility_id, i.sku, coalesce(p.committed, 0), coalesce(m.committed, 0)),
        ('held, by its movements', i.facility_id, i.sku, coalesce(p.held, 0), coalesce(m.held, 0)),
        ('presale reserve, by its movements', i.facility_id, i.sku, coalesce(p.presale_reserve, 0), coalesce(m.presale_reserve, 0)),
        ('presale promised, by its movements', i.facility_id, i.sku, coalesce(p.presale_promised, 0), coalesce(m.presale_promised, 0)),
        ('unsellable, by its movements', i.facility_id, i.sku, coalesce(p.unsellable, 0), coalesce(m.unsellable, 0)),
        ('committed, by order lines', i.facility_id, i.sku, coalesce(p.committed, 0), coalesce(c.committed, 0)),
        ('presale reserve, by order lines', i.facility_id, i.sku, coalesce(p.presale_reserve, 0), coalesce(c.presale_reserve, 0)),
        ('presale promised, by order lines', i.facility_id, i.sku, coalesce(p.presale_promised, 0), coalesce(c.presale_promised, 0)),
        ('held, by holds', i.facility_id, i.sku, coalesce(p.held, 0), coalesce(h.held, 0))
    ) as d (what, facility_id, sku, kept, recomputed)
    where d.kept <> d.recomputed
$$;

-- Existing commitments enter the ledger as what they hold.
select ops.lock_items(array_agg(i.facility_id), array_agg(i.sku)) from (
    select distinct facility_id, sku from ops.commitments where quantity > 0
) as i;
insert into ops.stock_movements (
    occurred_at, facility_id, sku, kind, quantity, committed, presale_promised, channel, shop, order_id, line_id
)
select
    changed_at, facility_id, sku, case when is_presale then 'presale_reserve' else 'reserve' end, quantity,
    case when is_presale then 0 else quantity end, case when is_presale then quantity else 0 end, channel, shop, order_id, line_id
from ops.commitments where quantity > 0;
