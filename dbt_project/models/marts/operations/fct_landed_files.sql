{{ config(materialized='view') }}

with files as (
    select * from {{ source('raw', 'manifest') }}
),

landed as (
    select
        file_id,
        channel,
        shop,
        stream,
        pages,
        records,
        bytes,
        landed_at,
        cast(landed_at at time zone 'UTC' as date) as landed_date
    from files
)

select * from landed
