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
        landed_at
    from files
)

select * from landed
