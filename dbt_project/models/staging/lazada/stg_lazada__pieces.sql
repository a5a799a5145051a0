with source as (

    select * from {{ source('raw', 'lazada_orders__order_items') }}

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        shop,
        _parent_order_id as order_id,
        order_item_id as piece_id,
        _position as position,
        coalesce(nullif(shop_sku, ''), nullif(sku, ''), order_item_id) as listing_id,
        nullif(sku, '') as sku,
        buyer_id,
        nullif(package_id, '') as package_id,
        nullif(tracking_code, '') as tracking_code,
        nullif(shipment_provider, '') as carrier,

        -- text
        name as title,
        nullif(reason, '') as reason,
        status as native_status,
        {{ map_status('order', 'status', 'lazada') }} as order_status,
        {{ map_status('payment', 'status', 'lazada') }} as payment_status,
        {{ map_status('fulfilment', 'status', 'lazada') }} as fulfilment_status,

        -- amounts
        currency,
        item_price,
        coalesce(voucher_amount, item_price - paid_price, 0) as voucher_amount,
        coalesce(paid_price, item_price - voucher_amount, item_price) as paid_price,

        -- times
        updated_at::timestamptz as updated_at
    from source

)

select * from renamed
