-- Who is who: which customers of the shops are one person, why, and what was thought before. Holds keys, ids and reasons;
-- names, addresses and numbers stay in raw, so that nothing here has to be forgotten but the ids.
create schema customers;

create table customers.runs (
    run_id uuid primary key default gen_random_uuid(),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    is_full boolean not null,
    settings jsonb not null,
    records integer,
    changed integer,
    persons integer,
    exact_edges integer,
    probabilistic_edges integer,
    manual_edges integer,
    check (finished_at >= started_at)
);
comment on table customers.runs is 'When records were resolved into persons, by which settings, and what came of it. One row a run.';

create table customers.keys (
    customer_key uuid primary key,
    created_at timestamptz not null default now(),
    merged_into uuid references customers.keys,
    ended_at timestamptz,
    check (merged_into <> customer_key),
    check (merged_into is null or ended_at is not null)
);
create index on customers.keys (merged_into) where merged_into is not null;
comment on table customers.keys is 'Persons. One that turned out to be another ends with merged_into; a key is never used for somebody else. One row a person.';

-- A record's key while it is nobody else's as far as is known: made of its ids, so the same before identity first ran and after.
create function customers.own_key(channel text, shop text, customer_id text) returns uuid language sql immutable parallel safe as $$
    select md5(jsonb_build_array(channel, shop, customer_id)::text)::uuid
$$;

create table customers.crosswalk (
    channel text collate "C" not null,
    shop text collate "C" not null,
    customer_id text collate "C" not null,
    customer_key uuid not null references customers.keys,
    run_id uuid references customers.runs,
    since_at timestamptz not null default clock_timestamp(),
    reason text not null,
    -- the record as it was read: when it was loaded
    seen_at timestamptz,
    primary key (channel, shop, customer_id)
);
create index on customers.crosswalk (customer_key);
comment on table customers.crosswalk is 'The answer in force: whose each customer record is. One row a customer of a shop.';

create table customers.crosswalk_history (
    channel text collate "C" not null,
    shop text collate "C" not null,
    customer_id text collate "C" not null,
    customer_key uuid not null,
    run_id uuid,
    reason text not null,
    from_at timestamptz not null,
    until_at timestamptz,
    check (until_at >= from_at)
);
create unique index on customers.crosswalk_history (channel, shop, customer_id) where until_at is null;
create index on customers.crosswalk_history (channel, shop, customer_id, from_at);
create index on customers.crosswalk_history (customer_key);
comment on table customers.crosswalk_history is 'Every answer there was, the one in force with until_at null. Written by the trigger of customers.crosswalk alone.';

-- Whoever changes an answer, the old one is kept.
create function customers.keep_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        update customers.crosswalk_history as h set until_at = greatest(n.since_at, h.from_at)
        from old_rows as o join new_rows as n using (channel, shop, customer_id)
        where h.until_at is null and (h.channel, h.shop, h.customer_id) = (n.channel, n.shop, n.customer_id)
            and o.customer_key <> n.customer_key;
        insert into customers.crosswalk_history (channel, shop, customer_id, customer_key, run_id, reason, from_at)
        select n.channel, n.shop, n.customer_id, n.customer_key, n.run_id, n.reason, n.since_at
        from old_rows as o join new_rows as n using (channel, shop, customer_id)
        where o.customer_key <> n.customer_key;
    elsif tg_op = 'DELETE' then
        update customers.crosswalk_history as h set until_at = greatest(clock_timestamp(), h.from_at)
        from old_rows as o
        where h.until_at is null and (h.channel, h.shop, h.customer_id) = (o.channel, o.shop, o.customer_id);
    else
        insert into customers.crosswalk_history (channel, shop, customer_id, customer_key, run_id, reason, from_at)
        select channel, shop, customer_id, customer_key, run_id, reason, since_at from new_rows;
    end if;
    return null;
end $$;
create trigger kept_insert after insert on customers.crosswalk referencing new table as new_rows
for each statement execute function customers.keep_history();
create trigger kept_update after update on customers.crosswalk referencing old table as old_rows new table as new_rows
for each statement execute function customers.keep_history();
create trigger kept_delete after delete on customers.crosswalk referencing old table as old_rows
for each statement execute function customers.keep_history();

create table customers.edges (
    edge_id bigint generated always as identity primary key,
    left_channel text collate "C" not null,
    left_shop text collate "C" not null,
    left_customer_id text collate "C" not null,
    right_channel text collate "C" not null,
    right_shop text collate "C" not null,
    right_customer_id text collate "C" not null,
    method text not null check (method in ('exact', 'probabilistic', 'manual')),
    evidence jsonb not null,
    weight double precision,
    probability double precision check (probability between 0 and 1),
    run_id uuid references customers.runs,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    check ((left_channel, left_shop, left_customer_id) < (right_channel, right_shop, right_customer_id))
);
create unique index on customers.edges
    (left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id, method) where ended_at is null;
create index on customers.edges (right_channel, right_shop, right_customer_id);
create index on customers.edges (left_channel, left_shop, left_customer_id);
comment on table customers.edges is 'Why two records are one person; the smaller record stands left. Evidence names what was compared and its weight, never a value. One row an edge.';

create table customers.rulings (
    ruling_id bigint generated always as identity primary key,
    kind text not null check (kind in ('same', 'different')),
    reason text not null,
    ruled_by text not null,
    ruled_at timestamptz not null default now(),
    revoked_at timestamptz
);
comment on table customers.rulings is 'What people decided: the records of both sides are the same person, or no record of one side is one of the other. Every run obeys those that are not revoked.';

create table customers.ruling_records (
    ruling_id bigint not null references customers.rulings,
    side text not null check (side in ('left', 'right')),
    channel text collate "C" not null,
    shop text collate "C" not null,
    customer_id text collate "C" not null,
    primary key (ruling_id, side, channel, shop, customer_id)
);
create index on customers.ruling_records (channel, shop, customer_id);
comment on table customers.ruling_records is 'The records that a ruling is about. One row a record and side.';

create table customers.models (
    model_id bigint generated always as identity primary key,
    trained_at timestamptz not null default now(),
    records integer not null,
    parameters jsonb not null
);
comment on table customers.models is 'What probabilistic linkage learned: how often each comparison agrees among matches and by chance. No values of records.';

create table customers.erasures (
    erasure_id uuid primary key default gen_random_uuid(),
    erased_at timestamptz not null default now(),
    counts jsonb not null
);
comment on table customers.erasures is 'Receipts: that a person was forgotten and how many rows it took, not who it was.';

revoke all on schema customers from public;
