-- What was decided, when, under which policy. A run is open until finished_at is set; from then on it says what it said.
create schema if not exists planning;

create table planning.runs (
  run_id bigint generated always as identity primary key,
  as_of date not null,
  policy jsonb not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  check (finished_at >= started_at)
);

create table planning.safety_stock (
  run_id bigint not null references planning.runs,
  facility_id text not null,
  sku text not null,
  demand_mean double precision not null check (demand_mean >= 0),
  demand_sd double precision not null check (demand_sd >= 0),
  lead_time_mean_days double precision not null check (lead_time_mean_days >= 0),
  lead_time_sd_days double precision not null check (lead_time_sd_days >= 0),
  service_level double precision not null check (service_level > 0 and service_level < 1),
  method text not null,
  safety_stock int not null check (safety_stock >= 0),
  reorder_point int not null check (reorder_point >= 0),
  primary key (run_id, facility_id, sku)
);

create table planning.stock_plan (
  run_id bigint not null references planning.runs,
  facility_id text not null,
  sku text not null,
  on_hand int not null,
  safety_stock int not null check (safety_stock >= 0),
  presale_reserve int not null check (presale_reserve >= 0),
  committed int not null check (committed >= 0),
  quota_total int not null check (quota_total >= 0),
  shared_pool int not null check (shared_pool >= 0),
  oversold int not null check (oversold >= 0),
  primary key (run_id, facility_id, sku),
  constraint stock_adds_up check (on_hand + oversold = safety_stock + presale_reserve + committed + quota_total + shared_pool),
  constraint oversold_leaves_nothing check (oversold = 0 or safety_stock + quota_total + shared_pool = 0)
);

create table planning.quotas (
  run_id bigint not null references planning.runs,
  facility_id text not null,
  sku text not null,
  channel text not null,
  shop text not null,
  quota int not null check (quota >= 0),
  published int not null check (published >= quota),
  rule text not null,
  primary key (run_id, facility_id, sku, channel, shop)
);

create function planning.refuse_finished_run() returns trigger language plpgsql as $$
begin
  if old.finished_at is not null then
    raise exception 'planning run % is finished: it can''t be changed or deleted', old.run_id using errcode = 'restrict_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;

create trigger finished before update or delete on planning.runs
  for each row execute function planning.refuse_finished_run();

create function planning.refuse_finished_rows() returns trigger language plpgsql as $$
begin
  if exists (select from touched join planning.runs using (run_id) where runs.finished_at is not null) then
    raise exception 'planning.% holds rows of a finished run: they can''t be added to, changed or deleted', tg_table_name
      using errcode = 'restrict_violation';
  end if;
  return null;
end $$;

create function planning.refuse_truncate() returns trigger language plpgsql as $$
begin
  raise exception 'planning.% keeps every run: it can''t be truncated', tg_table_name using errcode = 'restrict_violation';
end $$;

-- Statement triggers with transition tables: one look a COPY, not one a row.
do $$
declare
  name text;
begin
  foreach name in array array['safety_stock', 'stock_plan', 'quotas'] loop
    execute format('create trigger finished_insert after insert on planning.%I referencing new table as touched
      for each statement execute function planning.refuse_finished_rows()', name);
    execute format('create trigger finished_update after update on planning.%I referencing old table as touched
      for each statement execute function planning.refuse_finished_rows()', name);
    execute format('create trigger finished_delete after delete on planning.%I referencing old table as touched
      for each statement execute function planning.refuse_finished_rows()', name);
  end loop;
  foreach name in array array['runs', 'safety_stock', 'stock_plan', 'quotas'] loop
    execute format('create trigger kept before truncate on planning.%I for each statement execute function planning.refuse_truncate()', name);
  end loop;
end $$;
