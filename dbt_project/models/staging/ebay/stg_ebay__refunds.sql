with orders as (

    select * from {{ source('raw', 'ebay_orders') }}
    where _deleted_at is null

),

of_lines as (

    select
        refunds.shop,
        refunds._parent_order_id as order_id,
        coalesce(refunds.refund_id, lines.line_item_id || '/' || refunds._position) as refund_id,
        lines.line_item_id as line_id,
        lines.sku,
        cast(null as text) as native_status,
        case when refunds.refund_date is null then 'PENDING' else 'REFUNDED' end as told_status,
        refunds.amount_value as amount,
        refunds.amount_currency as currency,
        refunds.refund_date
    from {{ source('raw', 'ebay_line_refunds') }} as refunds
    inner join {{ source('raw', 'ebay_orders__line_items') }} as lines
        on
            refunds.shop = lines.shop
            and refunds._parent_order_id = lines._parent_order_id
            and refunds._parent_position = lines._position

),

-- eBay tells a refund by its lines or for the order. One that it tells both ways counts once, by its lines.
of_orders as (

    select
        refunds.shop,
        refunds._parent_order_id as order_id,
        coalesce(refunds.refund_id, refunds.refund_reference_id, 'order/' || refunds._position) as refund_id,
        cast(null as text) as line_id,
        cast(null as text) as sku,
        refunds.refund_status as native_status,
        refunds.refund_status as told_status,
        refunds.amount_value as amount,
        refunds.amount_currency as currency,
        refunds.refund_date
    from {{ source('raw', 'ebay_order_refunds') }} as refunds
    where
        not exists (
            select 1 from {{ source('raw', 'ebay_line_refunds') }} as same
            where
                same.shop = refunds.shop and same._parent_order_id = refunds._parent_order_id
                and (same.refund_id = refunds.refund_id or same.refund_date = refunds.refund_date)
        )

),

parts as (

    select * from of_lines
    union all
    select * from of_orders

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        parts.shop,
        parts.order_id,
        parts.refund_id,
        parts.line_id,
        parts.sku,
        cast(null as integer) as quantity,

        -- statuses
        'refund' as kind,
        {{ map_status('refund', 'parts.told_status', 'ebay') }} as status,
        parts.native_status,
        cast(null as text) as reason,

        -- amounts
        coalesce(parts.amount, 0) as amount,
        coalesce(parts.currency, orders.pricing_summary_total_currency) as currency,
        false as is_restocked,

        -- times
        parts.refund_date as requested_at,
        case
            when {{ map_status('refund', 'parts.told_status', 'ebay') }} = 'completed' then parts.refund_date
        end as completed_at,
        orders.last_modified_date as updated_at,
        orders._loaded_at as loaded_at
    from parts
    inner join orders
        on parts.shop = orders.shop and parts.order_id = orders.order_id

)

select * from renamed
