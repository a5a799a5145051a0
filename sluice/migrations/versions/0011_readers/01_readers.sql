-- The views unite all channels, and a plan with the channel as a parameter sets all of them up to read one. So each channel gets its
-- own copy of what reads them, with its name written in: the plan that is kept has one branch, however many channels are connected.

-- Name of `p_reader`'s copy for one channel, made where there is none. A reader that was changed has another name.
create function ops.of_channel(p_reader regprocedure, p_channel text) returns text
language plpgsql as $$
declare
    reader record;
    named text;
    source text;
begin
    select p.proname, p.prosrc into reader from pg_proc as p where p.oid = p_reader;
    named := format('ops.%I', format('%s of %s %s', reader.proname, p_channel, left(md5(reader.prosrc), 8)));
    if to_regproc(named) is null then
        perform pg_advisory_xact_lock(7291021, hashtext(named));
        source := replace(pg_get_functiondef(p_reader), format('FUNCTION ops.%I(', reader.proname), format('FUNCTION %s(', named));
        execute replace(source, reader.prosrc, replace(reader.prosrc, 'p_channel', quote_literal(p_channel)));
    end if;
    return named;
end $$;
comment on function ops.of_channel is 'Name of a reader''s copy for one channel, made where there is none.';

create function ops.read_statuses(p_channel text, p_shop text, p_order_ids text[])
returns table (order_id text, order_status text, payment_status text, fulfilment_status text, changed_at timestamptz)
language plpgsql stable as $$
begin
    return query
    select o.order_id, o.order_status, o.payment_status, o.fulfilment_status, coalesce(o.updated_at, o.ordered_at, now())
    from unified.orders as o
    where o.channel = p_channel and o.shop = p_shop and o.order_id = any(p_order_ids);
end $$;

drop function ops.held_pieces(text, text, text[]);
-- What an order's lines hold now, what of them left and what came back into stock, bundles exploded. An order that is over, or
-- not a sale, holds nothing.
create function ops.read_held_pieces(p_channel text, p_shop text, p_order_ids text[])
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

-- What absorbing calls: the channel's own copy of each reader.
create function ops.statuses(p_channel text, p_shop text, p_order_ids text[])
returns table (order_id text, order_status text, payment_status text, fulfilment_status text, changed_at timestamptz)
language plpgsql as $$
declare
    reader text := ops.of_channel('ops.read_statuses(text, text, text[])', p_channel);
begin
    return query execute format('select * from %s($1, $2, $3)', reader) using p_channel, p_shop, p_order_ids;
end $$;

create function ops.held_pieces(p_channel text, p_shop text, p_order_ids text[])
returns table (
    order_id text, line_id text, sku text, facility_id text, quantity integer, is_presale boolean,
    shipped integer, returned integer, ordered_at timestamptz, shipped_at timestamptz, returned_at timestamptz
)
language plpgsql as $$
declare
    reader text := ops.of_channel('ops.read_held_pieces(text, text, text[])', p_channel);
begin
    return query execute format('select * from %s($1, $2, $3)', reader) using p_channel, p_shop, p_order_ids;
end $$;
