with holidays as (
    select * from {{ ref('holidays') }}
),

days as (
    select
        cast(days.date_day as date) as date_day,
        holidays.country,
        holidays.name,
        holidays.kind,
        holidays.kind in ('public', 'observed') as is_day_off
    from holidays
    cross join lateral string_to_table(holidays.days, ' ') as days (date_day)
)

select * from days
