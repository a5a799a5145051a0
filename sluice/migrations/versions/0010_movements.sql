-- The same movements at a fraction of the cost.
-- Append what the changed lines do to stock, and keep what they hold now. All of one shop, their items locked.
create or replace function ops.move_lines(p_channel text, p_shop text, p_lines ops.line_stock[]) returns void
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
    -- materialized, or each row would carry the whole computation into every value below
    steps as materialized (
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
        select m.*
        from (
            -- a branch a kind, and not a list of values a row, whose expressions are made ready anew for every row
            select
                now(), s.old_facility, s.sku, case when s.old_presale then 'presale_release' else 'release' end,
                s.old_quantity as quantity, 0,
                case when s.old_presale then 0 else -s.old_quantity end,
                case when s.old_presale then -s.old_activated else 0 end,
                case when s.old_presale then s.old_activated - s.old_quantity else 0 end,
                null, p_channel, p_shop, s.order_id, s.line_id
            from steps as s
            where s.has_moved
            union all
            select
                s.shipped_at, s.facility_id, s.sku, 'ship', s.sent,
                case when s.shipped_at > s.counted_at then -s.sent else 0 end,
                case when s.is_presale then 0 else -s.from_held end,
                case when s.is_presale then -s.sent_arrived else 0 end,
                case when s.is_presale then s.sent_arrived - s.from_held else 0 end,
                null, p_channel, p_shop, s.order_id, s.line_id
            from steps as s
            where s.sent <> 0
            union all
            select
                now(), s.facility_id, s.sku,
                case
                    when s.is_presale then case when s.more > 0 then 'presale_reserve' else 'presale_release' end
                    when s.more > 0 then 'reserve'
                    else 'release'
                end,
                abs(s.more), 0,
                case when s.is_presale then 0 else s.more end,
                case when s.is_presale and s.more < 0 then s.more + s.dropped_promised else 0 end,
                case when s.is_presale then case when s.more < 0 then -s.dropped_promised else s.more end else 0 end,
                null, p_channel, p_shop, s.order_id, s.line_id
            from steps as s
            where s.more <> 0
            union all
            select
                s.returned_at, s.facility_id, s.sku, 'return', s.back,
                case when s.returned_at > s.counted_at then s.back else 0 end, 0, 0, 0,
                'restock', p_channel, p_shop, s.order_id, s.line_id
            from steps as s
            where s.back <> 0
        ) as m
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
