with source as (

    select
        *,
        {{ map_status('order', 'cast(order_status as text)', 'douyin') }} as mapped_status,
        {{ map_status('fulfilment', 'cast(order_status as text)', 'douyin') }} as mapped_fulfilment
    from {{ source('raw', 'douyin_orders__sku_order_list') }}

),

orders as (

    select * from {{ source('raw', 'douyin_orders') }}

),

counted as (

    select
        source.*,
        case
            when source.mapped_fulfilment in ('shipped', 'delivered') then source.item_num
            when source.mapped_status = 'cancelled' and source.ship_time > 0 then source.item_num
            else least(packed.quantity, source.item_num)
        end::int as shipped_quantity
    from source
    left join lateral (
        select coalesce(sum(parts.product_count), 0) as quantity
        from {{ source('raw', 'douyin_packed') }} as parts
        where
            parts.shop = source.shop and parts._parent_order_id = source._parent_order_id
            and parts.sku_order_id = source.order_id
    ) as packed on true

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        counted.shop,
        counted._parent_order_id as order_id,
        counted.order_id as line_id,
        (counted._position + 1)::int as position,
        'product' as line_kind,
        counted.product_id,
        counted.sku_id as listing_id,
        coalesce(nullif(counted.code, ''), nullif(nullif(counted.out_sku_id, ''), '0')) as sku,
        counted.product_name as title,

        -- amounts
        counted.item_num::int as quantity,
        counted.origin_amount * 0.01 as unit_price,
        counted.promotion_amount * 0.01 as discount_amount,
        0::numeric as tax_amount,
        (counted.origin_amount * counted.item_num - counted.promotion_amount) * 0.01 as total_amount,
        'CNY' as currency,

        -- quantities
        counted.shipped_quantity,
        least(refunded.quantity, counted.shipped_quantity)::int as refunded_quantity,
        case
            when counted.mapped_status = 'cancelled' or orders._deleted_at is not null
                then counted.item_num - counted.shipped_quantity
            else 0
        end::int as cancelled_quantity,

        -- times
        to_timestamp(coalesce(nullif(counted.exp_ship_time, 0), nullif(orders.exp_ship_time, 0))) as promised_at,
        to_timestamp(orders.create_time) as ordered_at,
        orders._loaded_at as loaded_at
    from counted
    inner join orders
        on counted.shop = orders.shop and counted._parent_order_id = orders.order_id
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from {{ ref('stg_douyin__refunds') }} as refunds
        where
            refunds.shop = counted.shop and refunds.order_id = counted._parent_order_id
            and refunds.line_id = counted.order_id and refunds.status = 'completed'
    ) as refunded on true

)

select * from renamed
