{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('fct_orders') }}
),

shops as (
    select * from {{ ref('dim_channels') }}
),

facilities as (
    select * from {{ ref('dim_facilities') }}
),

sales as (
    select
        orders.channel,
        orders.shop,
        shops.name as shop_name,
        shops.kind as shop_kind,
        orders.order_id,
        orders.customer_id,
        orders.facility_id,
        facilities.name as facility_name,
        orders.order_status,
        orders.payment_status,
        orders.fulfilment_status,
        orders.is_cancelled,
        orders.is_presale,
        orders.ship_country,
        orders.ordered_date,
        shops.timezone,
        orders.ordered_at,
        orders.shipped_at,
        -- a parcel that left before its order is a typing error and says nothing
        case
            when orders.shipped_at >= orders.ordered_at
                then round(cast(extract(epoch from orders.shipped_at - orders.ordered_at) as numeric) / 3600, 4)
        end as hours_to_ship,
        orders.unit_count,
        orders.base_currency,
        orders.items_amount_base,
        orders.discount_amount_base,
        orders.refunded_amount_base,
        orders.margin_amount_base
    from orders
    inner join shops on orders.channel = shops.channel and orders.shop = shops.shop
    left join facilities on orders.facility_id = facilities.facility_id
    where orders.order_kind = 'sale'
)

select * from sales
