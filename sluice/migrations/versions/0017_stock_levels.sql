-- One level of an item for plan and replenishment: what it is held to, by which method, and the terms that give it again.
alter table planning.safety_stock
    add column lead_time_source text,
    add column review_period_days integer check (review_period_days >= 1),
    add column target_kind text check (target_kind in ('cycle_service_level', 'fill_rate')),
    add column abc text check (abc in ('A', 'B', 'C')),
    add column quantile double precision,
    add column error_shift double precision,
    add column error_spread double precision check (error_spread >= 0),
    add column up_to integer check (up_to >= reorder_point),
    add constraint calibrated_says_by_what check (
        method <> 'calibrated quantile' or num_nulls(quantile, error_shift, error_spread) = 0
    );
comment on table planning.safety_stock is 'What an item is filled up to, when, and what of it is held against what is not expected. quantile, error_shift, error_spread: of the calibrated method, whose safety stock is error_shift * error_spread * sqrt(demand_mean * (lead_time_mean_days + review_period_days) + 1). Columns are null in plans of before they were kept.';
comment on column planning.safety_stock.error_shift is 'The quantile of all items'' past forecast errors, each over its item''s spread.';
comment on column planning.safety_stock.error_spread is 'How far the item''s past forecasts of demand over lead time and review were off, over the root of the forecast.';
