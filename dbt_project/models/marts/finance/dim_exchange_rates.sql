with rates as (
    select
        currency,
        valid_from,
        per_usd,
        lead(valid_from) over (partition by currency order by valid_from) as valid_until
    from {{ ref('exchange_rates') }}
),

dates as (
    select date_day from {{ ref('dim_dates') }}
),

bases as (
    select distinct base_currency from {{ source('raw', 'shops') }}
),

daily as (
    select
        rates.currency,
        dates.date_day,
        rates.per_usd
    from rates
    inner join dates
        on rates.valid_from <= dates.date_day and (rates.valid_until > dates.date_day or rates.valid_until is null)
),

to_base as (
    select
        bases.base_currency,
        daily.currency,
        daily.date_day as rate_date,
        round(base.per_usd / daily.per_usd, 12) as rate
    from bases
    inner join daily as base on bases.base_currency = base.currency
    inner join daily on base.date_day = daily.date_day
)

select * from to_base
