{{ config(materialized='view') }}

with days as (
    select * from {{ ref('stock_daily') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

facilities as (
    select * from {{ ref('dim_facilities') }}
),

newest as (
    select max(stock_date) as stock_date from days
),

history as (
    select
        days.stock_date,
        days.facility_id,
        facilities.name as facility_name,
        days.sku,
        products.title as product,
        products.category,
        days.on_hand,
        days.available,
        days.seconds_known,
        days.seconds_out,
        days.demand_quantity > 0 as is_asked_for,
        cast(days.demand_quantity as numeric) / nullif(days.demand_days, 0) as daily_demand,
        days.stock_date = newest.stock_date as is_newest,
        products.base_currency,
        products.cost_base
    from days
    cross join newest
    left join products on days.sku = products.sku
    left join facilities on days.facility_id = facilities.facility_id
    where coalesce(products.is_bundle, false) is false
)

select * from history
