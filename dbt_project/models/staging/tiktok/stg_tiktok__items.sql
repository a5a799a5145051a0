with source as (

    select * from {{ source('raw', 'tiktok_orders__line_items') }}

),

orders as (

    select * from {{ source('raw', 'tiktok_orders') }}

),

renamed as (

    select
        -- ids
        source.shop,
        source._parent_id as order_id,
        source.id as item_id,
        min(source.id) over (
            partition by source.shop, source._parent_id, source.sku_id, coalesce(source.is_gift, false), source.original_price
        ) as line_id,
        source._position as position,
        source.product_id,
        source.sku_id,
        nullif(source.seller_sku, '') as sku,
        nullif(source.package_id, '') as package_id,
        nullif(source.tracking_number, '') as tracking_number,

        -- text
        source.product_name as title,
        source.sku_type,
        source.shipping_provider_name as carrier,
        nullif(source.package_status, '') as package_status,
        coalesce(nullif(source.display_status, ''), orders.status) as status,

        -- numerics
        source.quantity,
        greatest(source.original_price, source.sale_price) as unit_price,
        source.sale_price,

        -- booleans
        orders._deleted_at is not null as is_gone,
        (
            {{ map_status('fulfilment', "coalesce(nullif(source.display_status, ''), orders.status)", 'tiktok') }}
            in ('shipped', 'delivered')
            or {{ map_status('shipment', 'source.package_status', 'tiktok') }} in ('in_transit', 'delivered')
        ) as is_shipped,
        (
            orders._deleted_at is not null
            or {{ map_status('order', "coalesce(nullif(source.display_status, ''), orders.status)", 'tiktok') }} = 'cancelled'
        ) as is_cancelled,

        -- times
        to_timestamp(nullif(source.rts_time, 0)) as shipped_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_id = orders.id

)

select * from renamed
