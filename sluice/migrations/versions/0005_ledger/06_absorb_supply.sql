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
