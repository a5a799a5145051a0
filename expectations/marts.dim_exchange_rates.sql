-- check: every_currency_has_a_rate_of_today
-- severity: critical
-- Every shop's currency converts to the base currency today.
select s.channel, s.shop, s.currency, s.base_currency
from raw.shops as s
where not exists (
    select from marts.dim_exchange_rates as r
    where r.base_currency = s.base_currency and r.currency = s.currency and r.rate_date = current_date
);

-- check: no_rate_jumps
-- severity: warning
-- A currency that halves or doubles overnight is a typing error.
with rates as (
    select r.base_currency, r.currency, r.rate_date, r.rate,
        lag(r.rate) over (partition by r.base_currency, r.currency order by r.rate_date) as before
    from marts.dim_exchange_rates as r
)

select r.base_currency, r.currency, r.rate_date, r.before, r.rate
from rates as r
where r.rate > 2 * r.before or r.rate < r.before / 2;
