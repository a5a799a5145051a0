with source as (

    select * from {{ source('raw', 'shopify_orders__line_items') }}

),

orders as (

    select * from {{ source('raw', 'shopify_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        source.shop,
        source._parent_legacy_resource_id as order_id,
        split_part(source.id, '/', 5) as line_id,
        source._position + 1 as position,
        case
            when source.is_gift_card then 'gift_card'
            -- Shopify keeps a tip as a line of no product.
            when source.product_legacy_resource_id is null and source.sku is null and source.title = 'Tip' then 'fee'
            else 'product'
        end as line_kind,
        source.product_legacy_resource_id as product_id,
        source.variant_legacy_resource_id as listing_id,
        nullif(source.sku, '') as sku,
        source.title,

        -- amounts
        source.quantity::int as quantity,
        source.original_unit_price_set_shop_money_amount as unit_price,
        discounts.amount as discount_amount,
        case when orders.taxes_included then 0 else taxes.amount end as tax_amount,
        source.quantity * source.original_unit_price_set_shop_money_amount - discounts.amount as total_amount,
        source.original_unit_price_set_shop_money_currency_code as currency,

        -- quantities
        shipped.quantity::int as shipped_quantity,
        given_back.refunded::int as refunded_quantity,
        case
            when orders.cancelled_at is null then given_back.cancelled
            else greatest(source.quantity - shipped.quantity - given_back.refunded, given_back.cancelled)
        end::int as cancelled_quantity,

        -- times
        work.promised_at,
        orders.processed_at as ordered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_legacy_resource_id = orders.legacy_resource_id
    -- Allocations hold the line's own discounts and its share of the order's.
    left join lateral (
        select coalesce(sum(allocations.allocated_amount_set_shop_money_amount), 0) as amount
        from {{ source('raw', 'shopify_line_discounts') }} as allocations
        where
            allocations.shop = source.shop and allocations._parent_legacy_resource_id = source._parent_legacy_resource_id
            and allocations._parent_position = source._position
    ) as discounts on true
    left join lateral (
        select coalesce(sum(lines.price_set_shop_money_amount), 0) as amount
        from {{ source('raw', 'shopify_line_taxes') }} as lines
        where
            lines.shop = source.shop and lines._parent_legacy_resource_id = source._parent_legacy_resource_id
            and lines._parent_position = source._position
    ) as taxes on true
    left join lateral (
        select coalesce(sum(items.quantity), 0) as quantity
        from {{ source('raw', 'shopify_orders__fulfillments') }} as fulfillments
        inner join {{ source('raw', 'shopify_fulfillment_lines') }} as items
            on
                fulfillments.shop = items.shop
                and fulfillments._parent_legacy_resource_id = items._parent_legacy_resource_id
                and fulfillments._position = items._parent_position
        where
            fulfillments.shop = source.shop and fulfillments._parent_legacy_resource_id = source._parent_legacy_resource_id
            and fulfillments.status = 'SUCCESS' and items.line_item_id = source.id
    ) as shipped on true
    -- CANCEL is what Shopify calls a refund of pieces that had not been sent.
    left join lateral (
        select
            coalesce(sum(items.quantity) filter (where items.restock_type <> 'CANCEL'), 0) as refunded,
            coalesce(sum(items.quantity) filter (where items.restock_type = 'CANCEL'), 0) as cancelled
        from {{ source('raw', 'shopify_refund_lines') }} as items
        where
            items.shop = source.shop and items._parent_legacy_resource_id = source._parent_legacy_resource_id
            and items.line_item_id = source.id
    ) as given_back on true
    left join lateral (
        select max(promises.fulfill_by) as promised_at
        from {{ source('raw', 'shopify_orders__fulfillment_orders') }} as promises
        where promises.shop = source.shop and promises._parent_legacy_resource_id = source._parent_legacy_resource_id
    ) as work on true

)

select * from renamed
