with source as (

    select
        *,
        -- An order that Amazon no longer has is shown as cancelled; its native status stays.
        case when _deleted_at is null then fulfillment_fulfillment_status else 'CANCELLED' end as status
    from {{ source('raw', 'amazon_orders') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'amazon'

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        source.shop,
        source.order_id,
        source.order_id as order_number,
        'sale' as order_kind,
        md5(lower(source.buyer_buyer_email)) as customer_id,
        coalesce(source.proceeds_grand_total_currency_code, shops.currency) as currency,

        -- statuses
        {{ map_status('order', 'source.status', 'amazon') }} as order_status,
        case
            when given_back.amount > 0
                then
                    case
                        when given_back.amount >= coalesce(source.proceeds_grand_total_amount, lines.proceeds_amount)
                            then 'refunded'
                        else 'partially_refunded'
                    end
            else {{ map_status('payment', 'source.status', 'amazon') }}
        end as payment_status,
        case
            when source.status = 'SHIPPED' and parcels.delivered > 0 and parcels.delivered = parcels.sent then 'delivered'
            when source.status in ('SHIPPED', 'PARTIALLY_SHIPPED') and parcels.delivered > 0 then 'partially_delivered'
            else {{ map_status('fulfilment', 'source.status', 'amazon') }}
        end as fulfilment_status,
        source.fulfillment_fulfillment_status as native_order_status,
        source.fulfillment_fulfillment_status as native_payment_status,
        source.fulfillment_fulfillment_status as native_fulfilment_status,

        -- amounts: what Amazon adds beside (gift wrap, cash on delivery, tips) is the rest
        lines.items_amount,
        lines.discount_amount,
        lines.shipping_amount,
        lines.tax_amount,
        coalesce(source.proceeds_grand_total_amount, lines.proceeds_amount)
        - lines.items_amount + lines.discount_amount - lines.shipping_amount - lines.tax_amount as adjustment_amount,
        coalesce(source.proceeds_grand_total_amount, lines.proceeds_amount) as total_amount,
        given_back.amount as refunded_amount,

        -- facts
        coalesce(source.programs ? 'PREORDER', false) or source.status = 'PENDING_AVAILABILITY' as is_presale,
        -- Pieces in Amazon's own warehouses are none of ours to send.
        case when source.fulfillment_fulfilled_by = 'AMAZON' then 'AMAZON' end as facility_id,
        source.recipient_delivery_address_country_code as ship_country,
        source.recipient_delivery_address_state_or_region as ship_region,
        source.recipient_delivery_address_city as ship_city,

        -- times
        source.created_time as ordered_at,
        cast(null as timestamptz) as paid_at,
        case when source.status = 'CANCELLED' then coalesce(source._deleted_at, source.last_updated_time) end as cancelled_at,
        case
            when source.status in ('SHIPPED', 'CANCELLED') then coalesce(source._deleted_at, source.last_updated_time)
        end as closed_at,
        coalesce(
            source.fulfillment_ship_by_window_latest_date_time, source.fulfillment_deliver_by_window_latest_date_time
        ) as promised_at,
        source.last_updated_time as updated_at,
        source._loaded_at as loaded_at
    from source
    left join shops
        on source.shop = shops.shop
    left join lateral (
        select
            coalesce(sum(amounts.quantity_ordered * amounts.unit_price), 0) as items_amount,
            coalesce(sum(amounts.discount_amount), 0) as discount_amount,
            coalesce(sum(amounts.shipping_amount), 0) as shipping_amount,
            coalesce(sum(amounts.tax_amount), 0) as tax_amount,
            coalesce(sum(amounts.proceeds_amount), 0) as proceeds_amount
        from {{ ref('stg_amazon__line_amounts') }} as amounts
        where amounts.shop = source.shop and amounts.order_id = source.order_id
    ) as lines on true
    left join lateral (
        select
            count(*) as sent,
            count(*) filter (where packages.package_status_status = 'DELIVERED') as delivered
        from {{ source('raw', 'amazon_orders__packages') }} as packages
        where
            packages.shop = source.shop and packages._parent_order_id = source.order_id
            and packages.package_status_status is distinct from 'CANCELLED'
    ) as parcels on true
    left join lateral (
        select coalesce(sum(refunds.amount), 0) as amount
        from {{ ref('stg_amazon__refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_id = source.order_id
    ) as given_back on true

)

select * from renamed
