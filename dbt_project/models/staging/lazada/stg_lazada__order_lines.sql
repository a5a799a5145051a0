with pieces as (

    select * from {{ ref('stg_lazada__pieces') }}

),

orders as (

    select * from {{ source('raw', 'lazada_orders') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'lazada'

),

-- Lazada knows no quantity: pieces of the same sku at the same price are one line.
grouped as (

    select
        shop,
        order_id,
        listing_id,
        item_price,
        min(piece_id::numeric)::text as line_id,
        min(position) as position,
        min(sku) as sku,
        min(title) as title,
        min(currency) as currency,
        count(*) as quantity,
        sum(voucher_amount) as discount_amount,
        count(*) filter (where fulfilment_status in ('shipped', 'delivered', 'failed')) as shipped_quantity,
        count(*) filter (where order_status = 'cancelled' and fulfilment_status = 'unfulfilled') as cancelled_quantity
    from pieces
    group by shop, order_id, listing_id, item_price

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        grouped.shop,
        grouped.order_id,
        grouped.line_id,
        (grouped.position + 1)::int as position,
        'product' as line_kind,
        -- Today's shop skus begin with the product's number.
        substring(grouped.listing_id from '^(\d+)_') as product_id,
        grouped.listing_id,
        grouped.sku,
        grouped.title,

        -- amounts
        grouped.quantity::int as quantity,
        grouped.item_price as unit_price,
        grouped.discount_amount,
        0::numeric as tax_amount,
        grouped.item_price * grouped.quantity - grouped.discount_amount as total_amount,
        coalesce(grouped.currency, shops.currency) as currency,

        -- quantities
        grouped.shipped_quantity::int as shipped_quantity,
        least(given_back.quantity, grouped.quantity)::int as refunded_quantity,
        case
            when orders._deleted_at is not null then grouped.quantity - grouped.shipped_quantity
            else grouped.cancelled_quantity
        end::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        orders.created_at::timestamptz as ordered_at,
        orders._loaded_at as loaded_at
    from grouped
    inner join orders
        on grouped.shop = orders.shop and grouped.order_id = orders.order_id
    left join shops
        on grouped.shop = shops.shop
    left join lateral (
        select coalesce(sum(refunds.quantity) filter (where refunds.status = 'completed'), 0) as quantity
        from {{ ref('stg_lazada__refunds') }} as refunds
        where
            refunds.shop = grouped.shop and refunds.order_id = grouped.order_id
            and refunds.line_id = grouped.line_id
    ) as given_back on true

)

select * from renamed
