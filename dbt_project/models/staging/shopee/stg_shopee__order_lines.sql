with source as (

    select * from {{ ref('stg_shopee__sold') }}

),

orders as (

    select
        *,
        coalesce(order_status in ('SHIPPED', 'TO_CONFIRM_RECEIVE', 'COMPLETED', 'TO_RETURN'), false) as has_left,
        (order_status = 'CANCELLED' or _deleted_at is not null) as is_cancelled
    from {{ source('raw', 'shopee_orders') }}

),

counted as (

    select
        source.*,
        orders.currency,
        orders.ship_by_date,
        orders.create_time,
        orders._loaded_at,
        orders.is_cancelled,
        case
            when orders.has_left then source.quantity - source.cancelled_quantity
            else least(coalesce(sent.quantity, 0), source.quantity)
        end as shipped_quantity,
        coalesce(returned.quantity, 0) as returned_quantity
    from source
    inner join orders
        on source.shop = orders.shop and source.order_id = orders.order_sn
    left join lateral (
        select sum(parts.model_quantity) as quantity
        from {{ source('raw', 'shopee_orders__package_list__item_list') }} as parts
        inner join {{ source('raw', 'shopee_orders__package_list') }} as packages
            on
                parts.shop = packages.shop and parts._parent_order_sn = packages._parent_order_sn
                and parts._parent_position = packages._position
        where
            parts.shop = source.shop and parts._parent_order_sn = source.order_id
            and parts.item_id = source.item_id and parts.model_id = source.model_id
            and packages.logistics_status in ('LOGISTICS_PICKUP_DONE', 'LOGISTICS_DELIVERY_DONE')
    ) as sent on true
    left join lateral (
        select sum(items.amount) as quantity
        from {{ source('raw', 'shopee_returns') }} as returns
        inner join {{ source('raw', 'shopee_returns__item') }} as items
            on returns.shop = items.shop and returns.return_sn = items._parent_return_sn
        where
            returns.shop = source.shop and returns.order_sn = source.order_id
            and returns.status = 'COMPLETED' and returns._deleted_at is null
            and items.item_id = source.item_id and items.model_id = source.model_id
    ) as returned on true

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        shop,
        order_id,
        line_id,
        (position + 1)::int as position,
        'product' as line_kind,
        item_id as product_id,
        listing_id,
        sku,
        title,

        -- amounts
        quantity::int as quantity,
        unit_price,
        discount_amount,
        0::numeric as tax_amount,
        unit_price * quantity - discount_amount as total_amount,
        currency,

        -- quantities
        shipped_quantity::int as shipped_quantity,
        least(returned_quantity, shipped_quantity)::int as refunded_quantity,
        case when is_cancelled then quantity - shipped_quantity else cancelled_quantity end::int as cancelled_quantity,

        -- times
        to_timestamp(nullif(ship_by_date, 0)) as promised_at,
        to_timestamp(create_time) as ordered_at,
        _loaded_at as loaded_at
    from counted

)

select * from renamed
