{{ config(materialized='view') }}

with plans as (
    select * from {{ source('planning', 'stock_plan') }}
),

decided as (
    select * from {{ source('planning', 'decided') }}
),

runs as (
    select * from {{ source('planning', 'runs') }}
),

safety_stock as (
    select * from {{ source('planning', 'safety_stock') }}
),

in_force as (
    select
        plans.facility_id,
        plans.sku,
        plans.on_hand,
        plans.safety_stock,
        plans.presale_reserve,
        plans.committed,
        plans.held,
        plans.quota_total,
        plans.shared_pool,
        plans.oversold,
        safety_stock.demand_mean,
        safety_stock.demand_sd,
        safety_stock.lead_time_mean_days,
        safety_stock.service_level,
        safety_stock.reorder_point,
        plans.on_hand - plans.committed - plans.held - plans.presale_reserve
        <= safety_stock.reorder_point as is_below_reorder_point,
        plans.run_id,
        runs.finished_at as decided_at
    from plans
    inner join decided
        on plans.run_id = decided.run_id and plans.facility_id = decided.facility_id and plans.sku = decided.sku
    inner join runs on plans.run_id = runs.run_id
    left join safety_stock
        on
            safety_stock.run_id = coalesce(runs.base_run_id, runs.run_id)
            and plans.facility_id = safety_stock.facility_id
            and plans.sku = safety_stock.sku
)

select * from in_force
