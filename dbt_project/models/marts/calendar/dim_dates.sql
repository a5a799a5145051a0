with days as (
    {{ date_spine('day', "cast('2009-01-01' as date)", "cast('2036-01-01' as date)") }}
),

holidays as (
    select * from {{ ref('dim_holidays') }}
),

dates as (
    select cast(date_day as date) as date_day
    from days
),

special as (
    select
        date_day,
        {% for market, countries in [('cn', "= 'CN'"), ('us', "= 'US'"), ('eu', "not in ('CN', 'US')")] %}
            string_agg(distinct name, ', ' order by name) filter (
                where country {{ countries }} and is_day_off
            ) as {{ market }}_holiday,
            string_agg(distinct name, ', ' order by name) filter (
                where country {{ countries }} and kind in ('festival', 'shopping')
            ) as {{ market }}_festival,
        {% endfor %}
        coalesce(bool_or(kind = 'workday'), false) as is_cn_workday,
        coalesce(bool_or(kind = 'closure'), false) as is_cn_closure
    from holidays
    group by date_day
),

described as (
    select
        dates.date_day,
        cast(extract(year from dates.date_day) as integer) as year_number,
        cast(extract(quarter from dates.date_day) as integer) as quarter_number,
        cast(extract(month from dates.date_day) as integer) as month_number,
        cast(extract(day from dates.date_day) as integer) as day_of_month,
        cast(extract(isoyear from dates.date_day) as integer) as iso_year,
        cast(extract(week from dates.date_day) as integer) as iso_week,
        cast(extract(isodow from dates.date_day) as integer) as iso_weekday,
        extract(isodow from dates.date_day) >= 6 as is_weekend,
        cast({{ date_trunc('week', 'dates.date_day') }} as date) as week_start_date,
        cast({{ date_trunc('month', 'dates.date_day') }} as date) as month_start_date,
        cast({{ date_trunc('quarter', 'dates.date_day') }} as date) as quarter_start_date,
        special.cn_holiday,
        special.us_holiday,
        special.eu_holiday,
        special.cn_festival,
        special.us_festival,
        special.eu_festival,
        (extract(isodow from dates.date_day) < 6 and special.cn_holiday is null)
        or coalesce(special.is_cn_workday, false) as is_cn_working_day,
        extract(isodow from dates.date_day) < 6 and special.us_holiday is null as is_us_working_day,
        coalesce(special.is_cn_closure, false) as is_cn_closure
    from dates
    left join special on dates.date_day = special.date_day
)

select * from described
