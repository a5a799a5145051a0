{{ config(materialized='view') }}

with lines as (
    select * from {{ ref('fct_order_lines') }}
),

orders as (
    select
        channel,
        shop,
        order_id,
        fulfilment_status
    from {{ ref('fct_orders') }}
),

shops as (
    select * from {{ ref('dim_channels') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

sales_lines as (
    select
        lines.channel,
        lines.shop,
        shops.name as shop_name,
        shops.kind as shop_kind,
        lines.order_id,
        lines.line_id,
        lines.facility_id,
        lines.sku,
        coalesce(products.title, lines.title) as product,
        products.category,
        orders.fulfilment_status,
        lines.is_cancelled,
        lines.is_presale,
        lines.ordered_date,
        lines.quantity,
        lines.shipped_quantity,
        lines.refunded_quantity,
        lines.cancelled_quantity,
        lines.base_currency,
        lines.total_amount_base,
        lines.cost_amount_base
    from lines
    inner join orders
        on
            lines.channel = orders.channel
            and lines.shop = orders.shop
            and lines.order_id = orders.order_id
    inner join shops on lines.channel = shops.channel and lines.shop = shops.shop
    left join products on lines.sku = products.sku
    where lines.order_kind = 'sale' and lines.line_kind = 'product'
)

select * from sales_lines
