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
