{{ config(materialized='view') }}

-- The crosswalk itself and not the view customer_keys: a person is found in it by key, however many there are.
with crosswalk as (
    select * from {{ source('customers', 'crosswalk') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where order_kind = 'sale' and customer_id is not null
),

shipments as (
    select * from {{ ref('shipments') }}
),

refunds as (
    select * from {{ ref('refunds') }}
),

records as (
    select
        channel,
        shop,
        order_id,
        'order' as record_kind,
        order_id as record_id,
        '' as line_id,
        order_status as status,
        order_status = 'open' as is_open,
        unit_count as quantity,
        total_amount as amount,
        currency,
        ordered_at as opened_at,
        coalesce(cancelled_at, closed_at) as closed_at
    from orders
    union all
    select
        channel,
        shop,
        order_id,
        'shipment' as record_kind,
        shipment_id as record_id,
        '' as line_id,
        status,
        status in ('pending', 'shipped', 'in_transit') as is_open,
        null as quantity,
        null as amount,
        null as currency,
        shipped_at as opened_at,
        delivered_at as closed_at
    from shipments
    union all
    select
        channel,
        shop,
        order_id,
        kind as record_kind,
        refund_id as record_id,
        coalesce(line_id, '') as line_id,
        status,
        status in ('requested', 'approved', 'return_in_transit') as is_open,
        quantity,
        amount,
        currency,
        requested_at as opened_at,
        completed_at as closed_at
    from refunds
),

after_sales as (
    select
        coalesce(
            crosswalk.customer_key,
            customers.own_key(orders.channel, orders.shop, orders.customer_id)
        ) as customer_key,
        records.*
    from records
    inner join orders
        on
            records.channel = orders.channel
            and records.shop = orders.shop
            and records.order_id = orders.order_id
    left join crosswalk
        on
            orders.channel = crosswalk.channel
            and orders.shop = crosswalk.shop
            and orders.customer_id = crosswalk.customer_id
)

select * from after_sales
