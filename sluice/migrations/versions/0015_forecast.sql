-- What was forecast, when, from which day. Appended by run; a finished one says what it said.
create table planning.forecast_runs (
    forecast_id bigint generated always as identity primary key,
    as_of date not null,
    weeks int not null check (weeks > 0),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    check (finished_at >= started_at)
);

-- How each candidate did on each class in the rolling-origin backtest. Null where there was nothing to be held against.
create table planning.forecast_models (
    forecast_id bigint not null references planning.forecast_runs,
    demand_class text not null check (demand_class in ('smooth', 'erratic', 'intermittent', 'lumpy')),
    model text not null,
    rmsse double precision,
    bias double precision,
    is_chosen boolean not null,
    primary key (forecast_id, demand_class, model)
);

create table planning.forecast_items (
    forecast_id bigint not null references planning.forecast_runs,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    demand_class text not null,
    adi double precision,
    cv2 double precision not null,
    model text not null,
    days int not null,
    sold_out_days int not null,
    promoted_days int not null,
    demand_mean double precision not null check (demand_mean >= 0),
    demand_sd double precision not null check (demand_sd >= 0),
    primary key (forecast_id, facility_id, sku)
);
create index on planning.forecast_items (sku, forecast_id);
comment on column planning.forecast_items.demand_mean is 'Pieces a day over the weeks ahead; the channels'' add up to it.';
comment on column planning.forecast_items.demand_sd is 'Of the forecast''s error in pieces, that of a week over the root of seven.';

create table planning.forecast_channels (
    forecast_id bigint not null references planning.forecast_runs,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    channel text collate "C" not null,
    shop text collate "C" not null,
    demand_mean double precision not null check (demand_mean >= 0),
    demand_sd double precision not null check (demand_sd >= 0),
    primary key (forecast_id, facility_id, sku, channel, shop)
);

create table planning.forecasts (
    forecast_id bigint not null references planning.forecast_runs,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    week_start date not null,
    mean double precision not null check (mean >= 0),
    sd double precision not null check (sd >= 0),
    q10 double precision not null,
    q50 double precision not null,
    q90 double precision not null,
    q95 double precision not null,
    primary key (forecast_id, facility_id, sku, week_start),
    constraint quantiles_do_not_cross check (q10 <= q50 and q50 <= q90 and q90 <= q95)
);
comment on table planning.forecasts is 'Pieces asked for in the seven days from week_start, all channels: mean, standard deviation of its error, quantiles.';

alter table planning.runs add column forecast_id bigint references planning.forecast_runs;
comment on column planning.runs.forecast_id is 'The forecast that the demand of this plan is from; null where it is from history.';

create function planning.refuse_finished_forecast() returns trigger language plpgsql as $$
begin
    if old.finished_at is not null then
        raise exception 'forecast % is finished: it can''t be changed or deleted', old.forecast_id using errcode = 'restrict_violation';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger finished before update or delete on planning.forecast_runs
for each row execute function planning.refuse_finished_forecast();

create function planning.refuse_finished_forecast_rows() returns trigger language plpgsql as $$
begin
    if exists (select from touched join planning.forecast_runs using (forecast_id) where forecast_runs.finished_at is not null) then
        raise exception 'planning.% holds rows of a finished forecast: they can''t be added to, changed or deleted', tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return null;
end $$;

do $$
declare
    name text;
begin
    foreach name in array array['forecast_models', 'forecast_items', 'forecast_channels', 'forecasts'] loop
        execute format('create trigger finished_insert after insert on planning.%I referencing new table as touched
            for each statement execute function planning.refuse_finished_forecast_rows()', name);
        execute format('create trigger finished_update after update on planning.%I referencing old table as touched
            for each statement execute function planning.refuse_finished_forecast_rows()', name);
        execute format('create trigger finished_delete after delete on planning.%I referencing old table as touched
            for each statement execute function planning.refuse_finished_forecast_rows()', name);
    end loop;
    foreach name in array array['forecast_runs', 'forecast_models', 'forecast_items', 'forecast_channels', 'forecasts'] loop
        execute format('create trigger kept before truncate on planning.%I for each statement execute function planning.refuse_truncate()', name);
    end loop;
end $$;
