-- Read twice below: were it made once, it would be made of all refunds where one order is asked for.
with source as not materialized (

    select
        refunds.*,
        orders.taxes_included,
        orders._loaded_at
    from {{ source('raw', 'shopify_orders__refunds') }} as refunds
    inner join {{ source('raw', 'shopify_orders') }} as orders
        on refunds.shop = orders.shop and refunds._parent_legacy_resource_id = orders.legacy_resource_id
    where orders._deleted_at is null

),

-- A refund may name one line twice, once for each location that it goes back to.
of_lines as (

    select
        source.*,
        items.line_item_id,
        items.quantity,
        items.amount,
        items.is_return,
        items.is_restocked
    from source
    cross join lateral (
        select
            lines.line_item_id,
            sum(lines.quantity) as quantity,
            sum(
                lines.subtotal_set_shop_money_amount
                + case when source.taxes_included then 0 else lines.total_tax_set_shop_money_amount end
            ) as amount,
            bool_or(lines.restock_type = 'RETURN') as is_return,
            bool_or(lines.restocked) as is_restocked
        from {{ source('raw', 'shopify_refund_lines') }} as lines
        where
            lines.shop = source.shop and lines._parent_legacy_resource_id = source._parent_legacy_resource_id
            and lines._parent_position = source._position
        group by lines.line_item_id
    ) as items

),

-- Money that belongs to no line (shipping, goodwill), and less than the lines' worth where less was paid back.
of_orders as (

    select
        source.*,
        cast(null as text) as line_item_id,
        0 as quantity,
        source.total_refunded_set_shop_money_amount - items.amount as amount,
        false as is_return,
        false as is_restocked
    from source
    left join lateral (
        select
            count(*) as line_count,
            coalesce(sum(
                lines.subtotal_set_shop_money_amount
                + case when source.taxes_included then 0 else lines.total_tax_set_shop_money_amount end
            ), 0) as amount
        from {{ source('raw', 'shopify_refund_lines') }} as lines
        where
            lines.shop = source.shop and lines._parent_legacy_resource_id = source._parent_legacy_resource_id
            and lines._parent_position = source._position
    ) as items on true
    where items.line_count = 0 or source.total_refunded_set_shop_money_amount <> items.amount

),

parts as (

    select * from of_lines
    union all
    select * from of_orders

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        parts.shop,
        parts._parent_legacy_resource_id as order_id,
        parts.legacy_resource_id as refund_id,
        split_part(parts.line_item_id, '/', 5) as line_id,
        nullif(lines.sku, '') as sku,
        parts.quantity::int as quantity,

        -- statuses: Shopify writes a refund when the money goes back; before that it is a return, which is another record
        case when parts.for_return_id is not null or parts.is_return then 'return' else 'refund' end as kind,
        'completed' as status,
        cast(null as text) as native_status,
        parts.note as reason,

        -- amounts
        parts.amount,
        parts.total_refunded_set_shop_money_currency_code as currency,
        parts.is_restocked,

        -- times
        coalesce(parts.created_at, parts.processed_at) as requested_at,
        parts.processed_at as completed_at,
        parts.updated_at,
        parts._loaded_at as loaded_at
    from parts
    left join {{ source('raw', 'shopify_orders__line_items') }} as lines
        on
            parts.shop = lines.shop
            and parts._parent_legacy_resource_id = lines._parent_legacy_resource_id
            and parts.line_item_id = lines.id

)

select * from renamed
