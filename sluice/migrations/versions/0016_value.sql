-- What each person is worth, as it was seen on a day. A day's rows are written together; a later day never changes them.
create table customers.valuations (
    as_of date primary key,
    computed_at timestamptz not null default now(),
    people integer not null,
    repeat_buyers integer not null,
    horizon jsonb not null,
    models jsonb not null,
    refused text
);
comment on table customers.valuations is 'The days that people were valued on, with the parameters that were fitted, or why none were. One row a day.';

create table customers.value (
    as_of date not null references customers.valuations on delete cascade,
    customer_key uuid not null,
    recency_days integer not null check (recency_days >= 0),
    frequency integer not null check (frequency > 0),
    net_revenue numeric(18, 4) not null,
    recency_score smallint not null check (recency_score between 1 and 5),
    frequency_score smallint not null check (frequency_score between 1 and 5),
    monetary_score smallint not null check (monetary_score between 1 and 5),
    segment text not null,
    value_tier text not null check (value_tier in ('A', 'B', 'C', 'D')),
    churn_probability double precision check (churn_probability between 0 and 1),
    expected_purchases double precision check (expected_purchases >= 0),
    expected_spend numeric(18, 2),
    clv numeric(18, 2),
    clv_low numeric(18, 2),
    clv_high numeric(18, 2) check (clv_high >= clv_low),
    primary key (as_of, customer_key)
);
create index on customers.value (customer_key, as_of);
comment on table customers.value is 'RFM, segment, tier, chance to have left and lifetime value of each who bought. One row a person and day that people were valued on.';
