with source as (

    select * from {{ source('raw', 'amazon_orders__order_items') }}

),

orders as (

    select
        *,
        case when _deleted_at is null then fulfillment_fulfillment_status else 'CANCELLED' end as status
    from {{ source('raw', 'amazon_orders') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'amazon'

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        source.shop,
        source._parent_order_id as order_id,
        source.order_item_id as line_id,
        source._position + 1 as position,
        'product' as line_kind,
        source.product_asin as product_id,
        source.product_seller_sku as listing_id,
        source.product_seller_sku as sku,
        source.product_title as title,

        -- amounts
        source.quantity_ordered::int as quantity,
        amounts.unit_price,
        amounts.discount_amount,
        amounts.tax_amount,
        source.quantity_ordered * amounts.unit_price - amounts.discount_amount as total_amount,
        coalesce(
            source.product_price_unit_price_currency_code, orders.proceeds_grand_total_currency_code, shops.currency
        ) as currency,

        -- quantities: what neither left nor is still to leave was cancelled
        sent.quantity as shipped_quantity,
        least(given_back.quantity, source.quantity_ordered)::int as refunded_quantity,
        case
            when orders.status = 'CANCELLED' then source.quantity_ordered - sent.quantity
            when source.cancellation_cancellation_execution_cancelled_by is not null
                then
                    greatest(
                        source.quantity_ordered - sent.quantity - coalesce(source.fulfillment_quantity_unfulfilled, 0), 0
                    )
            else 0
        end::int as cancelled_quantity,

        -- times
        coalesce(
            orders.fulfillment_ship_by_window_latest_date_time, orders.fulfillment_deliver_by_window_latest_date_time
        ) as promised_at,
        orders.created_time as ordered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_id = orders.order_id
    left join shops
        on source.shop = shops.shop
    left join {{ ref('stg_amazon__line_amounts') }} as amounts
        on
            source.shop = amounts.shop
            and source._parent_order_id = amounts.order_id
            and source._position = amounts._position
    left join lateral (
        select coalesce(sum(refunds.quantity), 0) as quantity
        from {{ ref('stg_amazon__refunds') }} as refunds
        where
            refunds.shop = source.shop and refunds.order_id = source._parent_order_id
            and refunds.line_id = source.order_item_id
    ) as given_back on true
    cross join
        lateral (
            select
                coalesce(
                    source.fulfillment_quantity_fulfilled,
                    case when orders.status = 'SHIPPED' then source.quantity_ordered else 0 end
                )::int as quantity
        ) as sent

)

select * from renamed
