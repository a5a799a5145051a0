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
