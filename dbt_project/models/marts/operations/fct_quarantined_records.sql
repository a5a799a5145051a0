{{ config(materialized='view') }}

with quarantine as (
    select * from {{ source('raw', 'quarantine') }}
),

recorded as (
    select
        quarantine_id,
        channel,
        shop,
        stream,
        received_at,
        cast(received_at at time zone 'UTC' as date) as received_date,
        resolved_at,
        resolved_at is null as is_open
    from quarantine
)

select * from recorded
