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
