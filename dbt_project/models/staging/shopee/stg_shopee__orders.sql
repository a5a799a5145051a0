with source as (

    select
        *,
        coalesce(estimated_shipping_fee, 0) as shipping_fee,
        nullif(pay_time, 0) as paid_second
    from {{ source('raw', 'shopee_orders') }}

),

summed as (

    select
        source.*,
        lines.items_amount,
        lines.discount_amount,
        -- Shopee states a total once the order is paid.
        coalesce(source.total_amount, lines.items_amount - lines.discount_amount + source.shipping_fee) as owed_amount,
        parcels.any_left,
        parcels.all_delivered,
        parcels.any_failed,
        refunded.amount as refunded_amount
    from source
    left join lateral (
        select
            coalesce(sum(lines.unit_price * lines.quantity), 0) as items_amount,
            coalesce(sum(lines.discount_amount), 0) as discount_amount
        from {{ ref('stg_shopee__sold') }} as lines
        where lines.shop = source.shop and lines.order_id = source.order_sn
    ) as lines on true
    left join lateral (
        select
            coalesce(bool_or(packages.status in ('in_transit', 'delivered')), false) as any_left,
            coalesce(bool_and(packages.status = 'delivered'), false) as all_delivered,
            coalesce(bool_or(packages.status = 'failed'), false) as any_failed
        from {{ ref('stg_shopee__shipments') }} as packages
        where packages.shop = source.shop and packages.order_id = source.order_sn
    ) as parcels on true
    left join lateral (
        select coalesce(sum(returns.refund_amount), 0) as amount
        from {{ source('raw', 'shopee_returns') }} as returns
        where
            returns.shop = source.shop and returns.order_sn = source.order_sn
            and returns.status = 'COMPLETED' and returns._deleted_at is null
    ) as refunded on true

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        shop,
        order_sn as order_id,
        order_sn as order_number,
        'sale' as order_kind,
        buyer_user_id as customer_id,
        currency,

        -- statuses
        case
            when _deleted_at is not null then 'cancelled'
            else {{ map_status('order', 'order_status', 'shopee') }}
        end as order_status,
        case
            when order_status = 'CANCELLED' and paid_second is null then 'voided'
            when cod and paid_second is null and order_status <> 'COMPLETED' then 'pending'
            when {{ map_status('payment', 'order_status', 'shopee') }} <> 'paid'
                then {{ map_status('payment', 'order_status', 'shopee') }}
            when refunded_amount >= owed_amount and refunded_amount > 0 then 'refunded'
            when refunded_amount > 0 then 'partially_refunded'
            else 'paid'
        end as payment_status,
        case
            when order_status = 'CANCELLED' and any_failed then 'failed'
            when {{ map_status('fulfilment', 'order_status', 'shopee') }} = 'unfulfilled' and any_left then 'partially_shipped'
            when {{ map_status('fulfilment', 'order_status', 'shopee') }} = 'shipped' and all_delivered then 'delivered'
            else {{ map_status('fulfilment', 'order_status', 'shopee') }}
        end as fulfilment_status,
        order_status as native_order_status,
        order_status as native_payment_status,
        order_status as native_fulfilment_status,

        -- amounts
        items_amount,
        discount_amount,
        shipping_fee as shipping_amount,
        0::numeric as tax_amount,
        owed_amount - (items_amount - discount_amount + shipping_fee) as adjustment_amount,
        owed_amount as total_amount,
        refunded_amount,

        -- facts
        false as is_presale,
        cast(null as text) as facility_id,
        coalesce(nullif(recipient_address_region, ''), region) as ship_country,
        nullif(recipient_address_state, '') as ship_region,
        nullif(recipient_address_city, '') as ship_city,

        -- times
        to_timestamp(create_time) as ordered_at,
        to_timestamp(paid_second) as paid_at,
        case
            when _deleted_at is not null then _deleted_at
            when order_status = 'CANCELLED' then to_timestamp(update_time)
        end as cancelled_at,
        cast(null as timestamptz) as closed_at,
        to_timestamp(nullif(ship_by_date, 0)) as promised_at,
        to_timestamp(update_time) as updated_at,
        _loaded_at as loaded_at
    from summed

)

select * from renamed
