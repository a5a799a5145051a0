{{ config(materialized='view') }}

with messages as (
    select * from {{ source('ops', 'outbox') }}
),

published as (
    select
        message_id,
        run_id,
        channel,
        shop,
        sku,
        facility_id,
        quantity,
        state,
        attempts,
        read_back,
        coalesce(read_back = quantity, false) as is_confirmed,
        created_at as queued_at,
        cast(created_at at time zone 'UTC' as date) as queued_date,
        sent_at,
        cast(extract(epoch from sent_at - created_at) as numeric(18, 4)) as seconds_to_send
    from messages
)

select * from published
