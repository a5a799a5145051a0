-- What each supplier is told of the weeks to come: the forecast, what is on its way, and what is meant to be ordered.
create table planning.planned_orders (
    replenishment_id bigint not null references planning.replenishments,
    facility_id text collate "C" not null,
    sku text collate "C" not null,
    week_start date not null,
    channel text collate "C",
    shop text collate "C",
    supplier_id text collate "C",
    supplier text,
    forecast double precision not null check (forecast >= 0),
    forecast_q90 double precision,
    due integer not null check (due >= 0),
    planned_order integer not null check (planned_order >= 0),
    planned_receipt integer not null check (planned_receipt >= 0),
    projected_stock double precision not null,
    primary key (replenishment_id, facility_id, sku, week_start)
);
comment on table planning.planned_orders is 'By week ahead, pieces. due: of open purchases expected in it; planned_order: to order in it, in the first week what the run suggests; planned_receipt: of planned orders; projected_stock: free at its end if demand is as forecast.';
create index on planning.planned_orders (replenishment_id, supplier_id);
create trigger kept before update or delete or truncate on planning.planned_orders
    for each statement execute function planning.refuse_change();
