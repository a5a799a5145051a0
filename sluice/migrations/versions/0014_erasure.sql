-- Those who asked to be forgotten, by keyed hashes: what a channel tells of them again is landed without them.
create table customers.tombstones (
    digest bytea primary key,
    -- null: an order, which stays anonymous for good and tells nothing of when
    erased_at timestamptz,
    returned_at timestamptz
);
comment on table customers.tombstones is 'Accounts, addresses, numbers and orders of erased persons, each as HMAC-SHA256. One row a value.';

-- One row: landings that keep the tombstones in memory see by it that there are others now.
create table customers.tombstones_changed (
    generation bigint not null,
    is_only boolean primary key default true check (is_only)
);
insert into customers.tombstones_changed (generation) values (0);
comment on table customers.tombstones_changed is 'How often the tombstones were changed. One row.';

create table secrets.erasure_key (
    secret_key text not null,
    is_only boolean primary key default true check (is_only)
);
insert into secrets.erasure_key (secret_key)
select string_agg(gen_random_uuid()::text, '') from generate_series(1, 2);
comment on table secrets.erasure_key is 'What tombstones are hashed with: without it, the numbers behind them could be found by trying all. Read by the owner alone.';
revoke all on secrets.erasure_key, customers.tombstones from public;

alter table customers.erasures add column proof jsonb;
comment on column customers.erasures.counts is 'What was removed or made anonymous, by place.';
comment on column customers.erasures.proof is 'What the last search afterwards found, by place; null while nobody has searched.';
