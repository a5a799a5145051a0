{{ config(materialized='view') }}

with results as (
    select * from {{ source('ops', 'check_results') }}
),

ranked as (
    select
        result_id,
        run_id,
        checked_at,
        cast(checked_at at time zone 'UTC' as date) as checked_date,
        table_name,
        check_name,
        severity,
        passed,
        unexpected_count,
        seconds,
        result_id = max(result_id) over (partition by table_name, check_name) as is_newest
    from results
)

select * from ranked
