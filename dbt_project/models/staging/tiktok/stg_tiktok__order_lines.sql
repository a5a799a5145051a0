with lines as (

    select
        shop,
        order_id,
        line_id,
        min(position) as position,
        min(product_id) as product_id,
        min(sku_id) as sku_id,
        min(sku) as sku,
        min(title) as title,
        sum(quantity)::int as quantity,
        max(unit_price) as unit_price,
        sum(sale_price * quantity) as total_amount,
        coalesce(sum(quantity) filter (where is_shipped), 0)::int as shipped_quantity,
        coalesce(sum(quantity) filter (where is_cancelled and not is_shipped), 0)::int as cancelled_quantity
    from {{ ref('stg_tiktok__items') }}
    group by shop, order_id, line_id

),

orders as (

    select * from {{ source('raw', 'tiktok_orders') }}

),

refunds as (

    select * from {{ ref('stg_tiktok__refunds') }}

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        lines.shop,
        lines.order_id,
        lines.line_id,
        (lines.position + 1)::int as position,
        'product' as line_kind,
        lines.product_id,
        lines.sku_id as listing_id,
        lines.sku,
        lines.title,

        -- amounts
        lines.quantity,
        lines.unit_price,
        lines.unit_price * lines.quantity - lines.total_amount as discount_amount,
        0::numeric as tax_amount,
        lines.total_amount,
        orders.payment_currency as currency,

        -- quantities
        lines.shipped_quantity,
        least(refunded.quantity, lines.shipped_quantity)::int as refunded_quantity,
        lines.cancelled_quantity,

        -- times
        to_timestamp(nullif(orders.rts_sla_time, 0)) as promised_at,
        to_timestamp(orders.create_time) as ordered_at,
        orders._loaded_at as loaded_at
    from lines
    inner join orders
        on lines.shop = orders.shop and lines.order_id = orders.id
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from refunds
        where
            refunds.shop = lines.shop and refunds.order_id = lines.order_id and refunds.line_id = lines.line_id
            and refunds.status = 'completed'
    ) as refunded on true

)

select * from renamed
