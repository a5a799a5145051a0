{{ config(materialized='view') }}

with positions as (
    select * from {{ ref('stock_position') }}
),

demand as (
    select * from {{ ref('demand_daily') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

facilities as (
    select * from {{ ref('dim_facilities') }}
),

-- the newest 90 days of demand, or as many as there are
history as (
    select
        max(demand_date) as newest_date,
        least(90, max(demand_date) - min(demand_date) + 1) as demand_days
    from demand
),

counted as (
    select
        facility_id,
        max(counted_at) is not null as is_counted
    from positions
    group by facility_id
),

demanded as (
    select
        demand.facility_id,
        demand.sku,
        cast(sum(greatest(demand.quantity, 0)) as integer) as demand_quantity
    from demand
    inner join history on demand.demand_date > history.newest_date - history.demand_days
    group by demand.facility_id, demand.sku
),

-- what is asked for where no position is, is out of stock too
items as (
    select
        facility_id,
        sku
    from positions
    union
    select
        facility_id,
        sku
    from demanded
),

stock as (
    select
        items.facility_id,
        facilities.name as facility_name,
        items.sku,
        products.title as product,
        products.category,
        coalesce(positions.on_hand, 0) as on_hand,
        coalesce(positions.committed, 0) as committed,
        coalesce(positions.held, 0) as held,
        coalesce(positions.presale_reserve, 0) as presale_reserve,
        coalesce(positions.incoming_quantity, 0) as incoming_quantity,
        coalesce(demanded.demand_quantity, 0) as demand_quantity,
        history.demand_days,
        coalesce(counted.is_counted, false) as is_counted,
        products.base_currency,
        products.cost_base
    from items
    left join positions on items.facility_id = positions.facility_id and items.sku = positions.sku
    left join demanded on items.facility_id = demanded.facility_id and items.sku = demanded.sku
    cross join history
    left join counted on items.facility_id = counted.facility_id
    left join products on items.sku = products.sku
    left join facilities on items.facility_id = facilities.facility_id
    where coalesce(products.is_bundle, false) is false
)

select * from stock
