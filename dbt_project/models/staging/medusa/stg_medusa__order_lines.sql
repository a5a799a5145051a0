with source as (

    select * from {{ ref('stg_medusa__line_amounts') }}

),

orders as (

    select * from {{ source('raw', 'medusa_orders') }}

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source.order_id,
        source.line_id,
        source.position + 1 as position,
        case when source.is_giftcard then 'gift_card' else 'product' end as line_kind,
        source.product_id,
        source.variant_id as listing_id,
        nullif(source.variant_sku, '') as sku,
        source.title,

        -- amounts
        source.quantity::int as quantity,
        source.unit_price,
        source.discount_amount,
        source.tax_amount,
        source.net_amount as total_amount,
        upper(orders.currency_code) as currency,

        -- quantities
        source.shipped_quantity::int as shipped_quantity,
        source.returned_quantity::int as refunded_quantity,
        case
            when orders.status = 'canceled' or orders._deleted_at is not null then source.quantity - source.shipped_quantity
            else 0
        end::int as cancelled_quantity,

        -- times
        cast(null as timestamptz) as promised_at,
        orders.created_at as ordered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source.order_id = orders.id

)

select * from renamed
