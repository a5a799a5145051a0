-- Decisions between two plans, and the way of their numbers to the channels.

create table planning.turn ();
comment on table planning.turn is 'Holds nothing. Who decides locks it before looking, so that decisions are made one after the other and a later one knows more.';

create index on planning.safety_stock (run_id, sku);
create index on planning.stock_plan (sku, facility_id, run_id);
create index on planning.decided (sku, facility_id);

-- The basis of a finished plan is kept as the rest of it is.
create trigger finished_insert after insert on planning.basis referencing new table as touched
for each statement execute function planning.refuse_finished_rows();
create trigger finished_update after update on planning.basis referencing old table as touched
for each statement execute function planning.refuse_finished_rows();
create trigger finished_delete after delete on planning.basis referencing old table as touched
for each statement execute function planning.refuse_finished_rows();
create trigger kept before truncate on planning.basis for each statement execute function planning.refuse_truncate();

-- A queue is emptied as fast as it is filled: what is dead in it must not be waded through.
alter table ops.stock_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The newest message of a listing is found by its key, in the collation that the listings have.
drop index ops.outbox_channel_shop_listing_id_facility_id_message_id_idx;
alter table ops.outbox
    alter column channel type text collate "C",
    alter column shop type text collate "C",
    alter column sku type text collate "C",
    alter column listing_id type text collate "C",
    alter column facility_id type text collate "C";
create index on ops.outbox (channel, shop, listing_id, (coalesce(facility_id, '')), message_id desc);

create index on ops.outbox (channel, shop) where state = 'dead';
create index on ops.outbox (channel, shop) where state = 'sent' and read_back <> quantity;

create table ops.outlet_faults (
    channel text collate "C" not null,
    shop text collate "C" not null,
    since timestamptz not null default now(),
    failures integer not null default 1,
    fault text not null,
    next_attempt_at timestamptz not null,
    primary key (channel, shop)
);
comment on table ops.outlet_faults is 'Shops that take no numbers at the moment. Their messages wait, the newest for each listing, until they do.';
