with source as (

    select * from {{ ref('stg_woocommerce__order_headers') }}

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        source.shop,
        source.order_id,
        source.order_number,
        'sale' as order_kind,
        source.customer_id,
        source.currency,

        -- statuses
        case
            when source.is_gone or (source.status = 'refunded' and not source.has_left) then 'cancelled'
            else {{ map_status('order', 'source.status') }}
        end as order_status,
        case
            when {{ map_status('payment', 'source.status') }} in ('unknown', 'refunded')
                then {{ map_status('payment', 'source.status') }}
            when refunded.amount > 0 and refunded.amount >= source.total_amount then 'refunded'
            when refunded.amount > 0 then 'partially_refunded'
            when source.paid_at is not null then 'paid'
            else {{ map_status('payment', 'source.status') }}
        end as payment_status,
        case
            when {{ map_status('fulfilment', 'source.status') }} = 'unknown' then 'unknown'
            when source.has_left then 'shipped'
            when parcels.count > 0 then 'partially_shipped'
            else {{ map_status('fulfilment', 'source.status') }}
        end as fulfilment_status,
        source.status as native_order_status,
        source.status as native_payment_status,
        source.status as native_fulfilment_status,

        -- amounts
        items.amount as items_amount,
        source.discount_amount,
        source.shipping_amount,
        source.tax_amount,
        source.total_amount
        - (items.amount - source.discount_amount + source.shipping_amount + source.tax_amount) as adjustment_amount,
        source.total_amount,
        refunded.amount as refunded_amount,

        -- facts: WooCommerce has no presale of its own, its plugin for it marks the order
        coalesce(source.meta_data @> '[{"key": "_wc_pre_orders_is_pre_order"}]', false) as is_presale,
        cast(null as text) as facility_id,
        source.country as ship_country,
        source.region as ship_region,
        source.city as ship_city,

        -- times
        source.created_at as ordered_at,
        source.paid_at,
        case
            when
                source.is_gone or source.status in ('cancelled', 'failed')
                or (source.status = 'refunded' and not source.has_left)
                then source.modified_at
        end as cancelled_at,
        source.completed_at as closed_at,
        cast(null as timestamptz) as promised_at,
        source.modified_at as updated_at,
        source.loaded_at
    from source
    left join lateral (
        select
            coalesce(sum(lines.subtotal), 0)
            + case when source.prices_include_tax then coalesce(sum(lines.subtotal_tax), 0) else 0 end as amount
        from {{ source('raw', 'woocommerce_orders__line_items') }} as lines
        where lines.shop = source.shop and lines._parent_id = source.order_id
    ) as items on true
    left join lateral (
        select coalesce(sum(coalesce(refunds.amount, -refunds.total)), 0) as amount
        from {{ source('raw', 'woocommerce_orders__refunds') }} as refunds
        where refunds.shop = source.shop and refunds._parent_id = source.order_id
    ) as refunded on true
    left join lateral (
        select count(*) as count
        from {{ ref('stg_woocommerce__parcels') }} as found
        where found.shop = source.shop and found.order_id = source.order_id
    ) as parcels on true

)

select * from renamed
