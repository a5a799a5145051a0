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
