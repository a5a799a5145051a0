with pieces as (

    select * from {{ ref('stg_lazada__pieces') }}

),

orders as (

    select * from {{ source('raw', 'lazada_orders') }}
    where _deleted_at is null

),

-- Pieces that came back, by the line that they belong to.
grouped as (

    select
        shop,
        order_id,
        listing_id,
        item_price,
        min(piece_id::numeric)::text as line_id,
        min(sku) as sku,
        min(reason) filter (where native_status = 'returned') as reason,
        min(currency) as currency,
        count(*) filter (where native_status = 'returned') as quantity,
        sum(paid_price) filter (where native_status = 'returned') as amount,
        max(updated_at) filter (where native_status = 'returned') as updated_at
    from pieces
    group by shop, order_id, listing_id, item_price

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        grouped.shop,
        grouped.order_id,
        grouped.line_id as refund_id,
        grouped.line_id,
        grouped.sku,
        grouped.quantity::int as quantity,

        -- statuses
        'return' as kind,
        {{ map_status('refund', "'returned'", 'lazada') }} as status,
        'returned' as native_status,
        grouped.reason,

        -- amounts
        grouped.amount,
        grouped.currency,
        true as is_restocked,

        -- times
        cast(null as timestamptz) as requested_at,
        coalesce(grouped.updated_at, orders.updated_at::timestamptz) as completed_at,
        coalesce(grouped.updated_at, orders.updated_at::timestamptz) as updated_at,
        orders._loaded_at as loaded_at
    from grouped
    inner join orders
        on grouped.shop = orders.shop and grouped.order_id = orders.order_id
    where grouped.quantity > 0

)

select * from renamed
