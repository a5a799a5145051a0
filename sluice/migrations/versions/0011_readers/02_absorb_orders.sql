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
    -- Many orders are worth a plan of their own. Planning takes many times as long as reading one order, so few orders go by a plan
    -- that is made once a connection.
    if cardinality(p_order_ids) <= 500 then
        perform set_config('plan_cache_mode', 'force_generic_plan', true);
    end if;
    if to_regclass('unified.orders') is null then
        insert into ops.unabsorbed select p_channel, p_shop, id from unnest(p_order_ids) as id on conflict do nothing;
        return;
    end if;
    perform ops.lock_shop(p_channel, p_shop);

    insert into ops.order_events (channel, shop, order_id, axis, from_status, to_status, occurred_at)
    select p_channel, p_shop, o.order_id, s.axis, last.to_status, s.status, o.changed_at
    from ops.statuses(p_channel, p_shop, p_order_ids) as o
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
