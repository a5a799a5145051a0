with source as (

    select
        *,
        coalesce(line_item_cost_value - discounted_line_item_cost_value, 0) as discount_amount,
        case when line_item_fulfillment_status = 'FULFILLED' then quantity else 0 end as sent
    from {{ source('raw', 'ebay_orders__line_items') }}

),

orders as (

    select * from {{ source('raw', 'ebay_orders') }}

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        source.shop,
        source._parent_order_id as order_id,
        source.line_item_id as line_id,
        source._position + 1 as position,
        'product' as line_kind,
        coalesce(source.sku, source.legacy_item_id) as product_id,
        coalesce(source.sku, source.legacy_variation_id, source.legacy_item_id) as listing_id,
        source.sku,
        source.title,

        -- amounts
        source.quantity::int as quantity,
        trim_scale(round(source.line_item_cost_value / nullif(source.quantity, 0), 4)) as unit_price,
        source.discount_amount,
        taxes.amount as tax_amount,
        source.line_item_cost_value - source.discount_amount as total_amount,
        source.line_item_cost_currency as currency,

        -- quantities
        source.sent::int as shipped_quantity,
        -- eBay tells the money and not the pieces: as many as it pays for.
        case
            when source.sent > 0 and source.line_item_cost_value > source.discount_amount
                then
                    least(
                        source.quantity,
                        floor(refunded.amount * source.quantity / (source.line_item_cost_value - source.discount_amount))
                    )
            else 0
        end::int as refunded_quantity,
        case
            when orders.cancel_status_cancel_state = 'CANCELED' or orders._deleted_at is not null
                then source.quantity - source.sent
            else 0
        end::int as cancelled_quantity,

        -- times
        coalesce(
            source.line_item_fulfillment_instructions_ship_by_date,
            source.line_item_fulfillment_instructions_max_estimated_delivery_date
        ) as promised_at,
        orders.creation_date as ordered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_id = orders.order_id
    left join lateral (
        select coalesce(sum(parts.amount_value), 0) as amount
        from {{ source('raw', 'ebay_line_taxes') }} as parts
        where
            parts.shop = source.shop and parts._parent_order_id = source._parent_order_id
            and parts._parent_position = source._position
    ) as taxes on true
    left join lateral (
        select coalesce(sum(refunds.amount), 0) as amount
        from {{ ref('stg_ebay__refunds') }} as refunds
        where
            refunds.shop = source.shop and refunds.order_id = source._parent_order_id
            and refunds.line_id = source.line_item_id and refunds.status = 'completed'
    ) as refunded on true

)

select * from renamed
