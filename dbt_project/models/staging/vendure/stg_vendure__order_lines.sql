with source as (

    select * from {{ source('raw', 'vendure_orders__lines') }}

),

orders as (

    select * from {{ source('raw', 'vendure_orders') }}

),

counted as (

    select
        source.shop,
        source._parent_id,
        source._position,
        source.id,
        source.product_variant_id,
        source.product_variant_sku,
        source.product_variant_name,
        source.product_variant_product_id,
        orders.currency_code,
        orders.order_placed_at,
        orders._loaded_at,
        amounts.quantity,
        amounts.unit_price,
        amounts.discount_amount,
        amounts.tax_amount,
        amounts.total_amount,
        shipped.quantity as shipped,
        refunded.quantity as refunded,
        -- Pieces that left the line before they left the house; of an order that is over all that had not.
        greatest(0, amounts.quantity - greatest(
            shipped.quantity,
            case when orders.state = 'Cancelled' or orders._deleted_at is not null then 0 else amounts.kept_quantity end
        )) as cancelled
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    inner join {{ ref('stg_vendure__line_amounts') }} as amounts
        on source.shop = amounts.shop and source._parent_id = amounts.order_id and source._position = amounts._position
    left join lateral (
        select coalesce(sum(items.quantity), 0) as quantity
        from {{ source('raw', 'vendure_fulfillments') }} as fulfillments
        inner join {{ source('raw', 'vendure_fulfillment_lines') }} as items
            on
                fulfillments.shop = items.shop
                and fulfillments._parent_id = items._parent_id
                and fulfillments._position = items._parent_position
        where
            fulfillments.shop = source.shop and fulfillments._parent_id = source._parent_id
            and fulfillments.state in ('Shipped', 'Delivered') and items.order_line_id = source.id
    ) as shipped on true
    left join lateral (
        select coalesce(sum((items.item ->> 'quantity')::int), 0) as quantity
        from {{ source('raw', 'vendure_refunds') }} as refunds
        cross join lateral jsonb_array_elements(refunds.lines) as items (item)
        where
            refunds.shop = source.shop and refunds._parent_id = source._parent_id
            and refunds.state = 'Settled' and items.item ->> 'orderLineId' = source.id
    ) as refunded on true

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        shop,
        _parent_id as order_id,
        id as line_id,
        _position + 1 as position,
        'product' as line_kind,
        product_variant_product_id as product_id,
        product_variant_id as listing_id,
        nullif(product_variant_sku, '') as sku,
        product_variant_name as title,

        -- amounts
        quantity,
        unit_price,
        discount_amount,
        tax_amount,
        total_amount,
        currency_code as currency,

        -- quantities: a refund of pieces that were cancelled is counted once, as cancelled
        shipped::int as shipped_quantity,
        greatest(0, least(refunded, quantity) - cancelled)::int as refunded_quantity,
        cancelled::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        order_placed_at as ordered_at,
        _loaded_at as loaded_at
    from counted

)

select * from renamed
