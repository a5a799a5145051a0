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
