{{ config(materialized='view') }}

with alerts as (
    select * from {{ source('ops', 'alerts') }}
),

timed as (
    select
        alert_id,
        scope,
        severity,
        title,
        opened_at,
        cast(opened_at at time zone 'UTC' as date) as opened_date,
        closed_at,
        closed_at is null as is_open,
        cast(extract(epoch from coalesce(closed_at, now()) - opened_at) / 3600 as numeric(18, 4)) as hours_open
    from alerts
)

select * from timed
