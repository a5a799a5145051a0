with source as (

    select * from {{ source('raw', 'file_order_lines__lines') }}

),

parts as (

    select * from {{ source('raw', 'file_order_lines') }}
    where _deleted_at is null

),

amounts as (

    select * from {{ ref('stg_file__line_amounts') }}

),

renamed as (

    select
        -- ids
        'file' as channel,
        source.shop,
        source._parent_order_id as order_id,
        source.line_id,
        source._position + 1 as position,
        source.line_kind,
        source.product_id,
        source.listing_id,
        source.sku,
        source.title,

        -- amounts
        source.quantity::int as quantity,
        coalesce(source.unit_price, round(amounts.gross_amount / nullif(source.quantity, 0), 6), 0) as unit_price,
        amounts.discount_amount,
        amounts.tax_amount,
        amounts.net_amount as total_amount,
        coalesce(headers.currency, parts.currency) as currency,

        -- fulfilment: a file that does not count pieces tells by the order's status that all of it went
        coalesce(
            source.shipped_quantity,
            case when coalesce(headers.fulfilment_status, parts.fulfilment_status) in ('shipped', 'delivered') then source.quantity end,
            0
        )::int as shipped_quantity,
        coalesce(source.refunded_quantity, 0)::int as refunded_quantity,
        coalesce(
            source.cancelled_quantity,
            case when coalesce(headers.order_status, parts.order_status) = 'cancelled' then source.quantity end,
            0
        )::int as cancelled_quantity,

        -- times
        {{ file_time('coalesce(source.promised_at, headers.promised_at)') }} as promised_at,
        {{ file_time('coalesce(headers.ordered_at, parts.ordered_at)') }} as ordered_at,
        greatest(parts._loaded_at, headers._loaded_at) as loaded_at
    from source
    inner join parts
        on source.shop = parts.shop and source._parent_order_id = parts.order_id and source._parent_part = parts.part
    inner join amounts
        on
            source.shop = amounts.shop and source._parent_order_id = amounts.order_id and source._parent_part = amounts.part
            and source._position = amounts._position
    left join {{ source('raw', 'file_orders') }} as headers
        on source.shop = headers.shop and source._parent_order_id = headers.order_id and headers._deleted_at is null
    inner join {{ source('raw', 'shops') }} as shops
        on shops.channel = 'file' and shops.shop = source.shop

)

select * from renamed
