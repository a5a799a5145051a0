-- The stock ledger. Movements are appended; a position is their sum. An item is a SKU at a facility, a quantity whole pieces.

-- One row: how long a count is believed, how long a hold lasts. From the configuration.
create table ops.stock_policy (
    is_the_one boolean primary key default true check (is_the_one),
    stale_after interval not null default '24 hours',
    hold_for interval not null default '10 minutes'
);
insert into ops.stock_policy default values;

-- When each facility's stock was last counted. A facility without a row has no feed: its stock is unknown.
create table ops.stock_feeds (
    facility_id text collate "C" primary key,
    counted_at timestamptz not null
);

create table ops.stock_positions (
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    on_hand integer not null default 0,
    committed integer not null default 0 check (committed >= 0),
    held integer not null default 0 check (held >= 0),
    presale_reserve integer not null default 0 check (presale_reserve >= 0),
    presale_promised integer not null default 0 check (presale_promised >= 0),
    unsellable integer not null default 0,
    movement_id bigint not null default 0,
    primary key (facility_id, sku)
) with (fillfactor = 70); -- room for updates in place: no index holds a quantity
create index on ops.stock_positions (sku, facility_id);
comment on table ops.stock_positions is 'What the movements of an item add up to. Written by their trigger alone.';

create table ops.stock_movements (
    movement_id bigint generated always as identity primary key,
    recorded_at timestamptz not null default clock_timestamp(),
    occurred_at timestamptz not null,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    kind text not null check (kind in (
        'snapshot', 'receipt', 'adjustment', 'reserve', 'release', 'ship', 'return', 'transfer_out', 'transfer_in',
        'hold', 'unhold', 'presale_reserve', 'presale_release', 'presale_activate'
    )),
    quantity integer not null,
    on_hand integer not null default 0,
    committed integer not null default 0,
    held integer not null default 0,
    presale_reserve integer not null default 0,
    presale_promised integer not null default 0,
    unsellable integer not null default 0,
    disposition text check (disposition in ('restock', 'quarantine', 'scrap', 'return_to_vendor')),
    channel text collate "C",
    shop text collate "C",
    order_id text collate "C",
    line_id text collate "C",
    hold_id text,
    reference text,
    movement_key text unique
);
create index on ops.stock_movements (facility_id, sku, movement_id);
create index on ops.stock_movements (channel, shop, order_id) where order_id is not null;
create index on ops.stock_movements (occurred_at) where on_hand <> 0 and kind <> 'snapshot';
comment on table ops.stock_movements is 'Append-only ledger. `quantity` is what moved; the columns after it say what that did to the position.';

-- Items whose position moved since somebody decided about them. Appended without a look at what is there, so nobody waits here.
create table ops.stock_changes (
    change_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    facility_id text collate "C" not null,
    sku text collate "C" not null
);

create function ops.post_movements() returns trigger language plpgsql as $$
declare
    items bigint;
    posted_to bigint;
begin
    with moved as materialized (
        select
            facility_id, sku, sum(on_hand) as on_hand, sum(committed) as committed, sum(held) as held,
            sum(presale_reserve) as presale_reserve, sum(presale_promised) as presale_promised, sum(unsellable) as unsellable,
            max(movement_id) as movement_id
        from posted group by facility_id, sku
    ),
    updated as (
        update ops.stock_positions as p set
            on_hand = p.on_hand + m.on_hand,
            committed = p.committed + m.committed,
            held = p.held + m.held,
            presale_reserve = p.presale_reserve + m.presale_reserve,
            presale_promised = p.presale_promised + m.presale_promised,
            unsellable = p.unsellable + m.unsellable,
            movement_id = m.movement_id
        from moved as m
        where p.facility_id = m.facility_id and p.sku = m.sku
        returning 1
    ),
    told as (
        insert into ops.stock_changes (facility_id, sku) select facility_id, sku from moved
    )
    select (select count(*) from moved), (select count(*) from updated) into items, posted_to;
    if posted_to <> items then
        raise exception 'a movement of an item without a position: ops.lock_items comes first';
    end if;
    return null;
end $$;
create trigger post after insert on ops.stock_movements referencing new table as posted
for each statement execute function ops.post_movements();

create function ops.refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'ops.% is append-only: what was recorded stays', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger kept before update or delete or truncate on ops.stock_movements
for each statement execute function ops.refuse_rewriting();
