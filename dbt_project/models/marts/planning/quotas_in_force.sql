{{ config(materialized='view') }}

with quotas as (
    select * from {{ source('planning', 'quotas') }}
),

decided as (
    select * from {{ source('planning', 'decided') }}
),

runs as (
    select * from {{ source('planning', 'runs') }}
),

in_force as (
    select
        quotas.facility_id,
        quotas.sku,
        quotas.channel,
        quotas.shop,
        quotas.quota,
        quotas.protected,
        quotas.published,
        quotas.rule,
        quotas.run_id,
        runs.finished_at as decided_at
    from quotas
    inner join decided
        on quotas.run_id = decided.run_id and quotas.facility_id = decided.facility_id and quotas.sku = decided.sku
    inner join runs on quotas.run_id = runs.run_id
)

select * from in_force
