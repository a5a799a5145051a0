with days as (
    {{ date_spine('day', "cast('2009-01-01' as date)", "cast('2031-01-01' as date)") }}
),

dates as (
    select cast(date_day as date) as date_day
    from days
),

described as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        cast(extract(isoyear from date_day) as integer) as iso_year,
        cast(extract(week from date_day) as integer) as iso_week,
        cast(extract(isodow from date_day) as integer) as iso_weekday,
        extract(isodow from date_day) >= 6 as is_weekend,
        cast({{ date_trunc('week', 'date_day') }} as date) as week_start_date,
        cast({{ date_trunc('month', 'date_day') }} as date) as month_start_date
    from dates
)

select * from described
