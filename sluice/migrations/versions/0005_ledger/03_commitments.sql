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
