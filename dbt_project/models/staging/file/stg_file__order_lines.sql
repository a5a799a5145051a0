with source as (

    select * from {{ ref('stg_file__line_amounts') }}

),

parts as (

    select * from {{ source('raw', 'file_order_lines') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'file' as channel,
        source.shop,
        source.order_id,
        source.line_id,
        source._position + 1 as position,
        source.line_kind,
        source.product_id,
        source.listing_id,
        source.sku,
        source.title,

        -- amounts
        source.quantity::int as quantity,
        coalesce(source.unit_price, round(source.gross_amount / nullif(source.quantity, 0), 6), 0) as unit_price,
        source.discount_amount,
        source.tax_amount,
        source.net_amount as total_amount,
        coalesce(headers.currency, parts.currency) as currency,

        -- fulfilment: a file that does not count pieces tells by the order's status that all of it went
        coalesce(
            source.shipped_quantity,
            case
                when coalesce(headers.fulfilment_status, parts.fulfilment_status) in ('shipped', 'delivered') then source.quantity
            end,
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
        parts._loaded_at as loaded_at
    from source
    inner join parts
        on source.shop = parts.shop and source.order_id = parts.order_id and source.part = parts.part
    left join {{ source('raw', 'file_orders') }} as headers
        on source.shop = headers.shop and source.order_id = headers.order_id and headers._deleted_at is null
    inner join {{ source('raw', 'shops') }} as shops
        on source.shop = shops.shop and shops.channel = 'file'

)

select * from renamed
