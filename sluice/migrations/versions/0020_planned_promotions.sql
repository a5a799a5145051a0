-- What a forecast says of promotions: by item and kind what the past showed, what is believed, how many days are to come.
create table planning.forecast_promotions (
    forecast_id bigint not null references planning.forecast_runs,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    kind text not null,
    channel text not null,
    shop text not null,
    past_days int not null check (past_days >= 0),
    sold double precision not null,
    usual double precision not null,
    share double precision not null check (share >= 0),
    uplift_of_all double precision not null check (uplift_of_all > 0),
    uplift double precision not null check (uplift > 0),
    planned_days int not null check (planned_days >= 0),
    primary key (forecast_id, facility_id, sku, kind, channel, shop)
);
comment on column planning.forecast_promotions.channel is 'Patterns of the channels that it is on, as planned.';
comment on column planning.forecast_promotions.sold is 'Pieces on the days in the past, all channels together.';
comment on column planning.forecast_promotions.usual is 'Pieces that such days would have sold without it.';
comment on column planning.forecast_promotions.share is 'Part of the usual demand that goes through its channels.';
comment on column planning.forecast_promotions.uplift is 'Times the usual that is sold on its channels, of this item; uplift_of_all of all items.';

alter table planning.forecasts add column baseline double precision check (baseline >= 0);
comment on column planning.forecasts.baseline is 'What of mean is expected without the promotions planned; null before they were planned for.';

create trigger finished_insert after insert on planning.forecast_promotions referencing new table as touched
for each statement execute function planning.refuse_finished_forecast_rows();
create trigger finished_update after update on planning.forecast_promotions referencing old table as touched
for each statement execute function planning.refuse_finished_forecast_rows();
create trigger finished_delete after delete on planning.forecast_promotions referencing old table as touched
for each statement execute function planning.refuse_finished_forecast_rows();
create trigger kept before truncate on planning.forecast_promotions for each statement execute function planning.refuse_truncate();
