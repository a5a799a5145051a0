-- Levels that stock is filled up to, and what to move and buy for it. Appended, never changed.

create table planning.replenishments (
    replenishment_id bigint generated always as identity primary key,
    as_of date not null,
    made_at timestamptz not null default clock_timestamp(),
    policy jsonb not null
);
comment on table planning.replenishments is 'One a run, with the policy that it was made under.';

create table planning.reorder_policies (
    replenishment_id bigint not null references planning.replenishments,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    demand_mean double precision not null check (demand_mean >= 0),
    lead_time_mean_days double precision not null check (lead_time_mean_days >= 0),
    lead_time_sd_days double precision not null check (lead_time_sd_days >= 0),
    review_period_days integer not null check (review_period_days >= 1),
    target_kind text not null check (target_kind in ('cycle_service_level', 'fill_rate')),
    target_level double precision not null check (target_level > 0 and target_level < 1),
    abc text not null check (abc in ('A', 'B', 'C')),
    method text not null,
    quantile double precision,
    expected double precision not null,
    safety_stock integer not null check (safety_stock >= 0),
    reorder_point integer not null check (reorder_point >= 0),
    up_to integer not null check (up_to >= reorder_point),
    primary key (replenishment_id, facility_id, sku)
);
comment on table planning.reorder_policies is 'What an item is filled up to. quantile: of demand until the next order can come, where the level is one; expected: that demand''s mean.';

create table planning.replenishment_suggestions (
    replenishment_id bigint not null references planning.replenishments,
    suggestion_no integer not null,
    kind text not null check (kind in ('buy', 'transfer', 'expedite', 'push_out', 'cancel')),
    state text not null check (state in ('suggested', 'cut', 'waits')),
    channel text collate "C",
    shop text collate "C",
    supplier_id text collate "C",
    supplier text,
    facility_id text collate "C" not null,
    from_facility_id text collate "C",
    sku text collate "C" not null,
    quantity integer not null check (quantity >= 0),
    wanted integer not null check (wanted >= quantity),
    pegged integer not null default 0 check (pegged between 0 and quantity),
    unit_cost numeric(18, 4),
    amount numeric(20, 4) generated always as (quantity * unit_cost) stored,
    currency text,
    po_id text collate "C",
    line_id text collate "C",
    expected_on date,
    needed_on date,
    reason text not null,
    primary key (replenishment_id, suggestion_no),
    check ((kind = 'transfer') = (from_facility_id is not null)),
    check (kind in ('buy', 'transfer') or po_id is not null)
);
comment on table planning.replenishment_suggestions is 'quantity: pieces to buy, to move, or of the purchase that is meant; wanted: before budget, shelf and minimum value; pegged: of them for customers who wait.';
create index on planning.replenishment_suggestions (replenishment_id, supplier_id);

create function planning.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'planning.% keeps what was said: its rows can''t be changed or deleted', tg_table_name using errcode = 'restrict_violation';
end $$;

do $$
declare
    name text;
begin
    foreach name in array array['replenishments', 'reorder_policies', 'replenishment_suggestions'] loop
        execute format('create trigger kept before update or delete or truncate on planning.%I
            for each statement execute function planning.refuse_change()', name);
    end loop;
end $$;
