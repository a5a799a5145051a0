with source as (

    select
        *,
        case
            when cancel_status_cancel_state = 'CANCELED' or _deleted_at is not null then 'CANCELED'
            else order_fulfillment_status
        end as status
    from {{ source('raw', 'ebay_orders') }}

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        source.shop,
        source.order_id,
        source.order_id as order_number,
        'sale' as order_kind,
        source.buyer_username as customer_id,
        source.pricing_summary_total_currency as currency,

        -- statuses
        {{ map_status('order', 'source.status', 'ebay') }} as order_status,
        case
            when source.status = 'CANCELED' and source.order_payment_status = 'PENDING' then 'voided'
            else {{ map_status('payment', 'source.order_payment_status', 'ebay') }}
        end as payment_status,
        {{ map_status('fulfilment', 'source.order_fulfillment_status', 'ebay') }} as fulfilment_status,
        source.status as native_order_status,
        source.order_payment_status as native_payment_status,
        source.order_fulfillment_status as native_fulfilment_status,

        -- amounts: discounts are negative at eBay; what takes off the delivery counts as cheaper delivery
        parts.items_amount,
        parts.discount_amount,
        parts.shipping_amount,
        parts.tax_amount,
        source.pricing_summary_total_value
        - parts.items_amount + parts.discount_amount - parts.shipping_amount - parts.tax_amount as adjustment_amount,
        source.pricing_summary_total_value as total_amount,
        refunded.amount as refunded_amount,

        -- facts
        false as is_presale,
        cast(null as text) as facility_id,
        place.country as ship_country,
        place.region as ship_region,
        place.city as ship_city,

        -- times
        source.creation_date as ordered_at,
        paid.paid_at,
        case
            when source.status = 'CANCELED'
                then coalesce(source.cancel_status_cancelled_date, source._deleted_at, source.last_modified_date)
        end as cancelled_at,
        case
            when source.status = 'CANCELED'
                then coalesce(source.cancel_status_cancelled_date, source._deleted_at, source.last_modified_date)
            when source.status = 'FULFILLED' then source.last_modified_date
        end as closed_at,
        promise.promised_at,
        source.last_modified_date as updated_at,
        source._loaded_at as loaded_at
    from source
    cross join
        lateral (
            select
                coalesce(source.pricing_summary_price_subtotal_value, source.pricing_summary_total_value) as items_amount,
                abs(coalesce(source.pricing_summary_price_discount_value, 0)) as discount_amount,
                coalesce(source.pricing_summary_delivery_cost_value, 0)
                - abs(coalesce(source.pricing_summary_delivery_discount_value, 0)) as shipping_amount,
                coalesce(source.pricing_summary_tax_value, 0) as tax_amount
        ) as parts
    left join lateral (
        select coalesce(sum(refunds.amount), 0) as amount
        from {{ ref('stg_ebay__refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_id = source.order_id and refunds.status = 'completed'
    ) as refunded on true
    left join lateral (
        select min(payments.payment_date) as paid_at
        from {{ source('raw', 'ebay_payments') }} as payments
        where
            payments.shop = source.shop and payments._parent_order_id = source.order_id
            and payments.payment_status = 'PAID'
    ) as paid on true
    left join lateral (
        select max(lines.line_item_fulfillment_instructions_ship_by_date) as promised_at
        from {{ source('raw', 'ebay_orders__line_items') }} as lines
        where lines.shop = source.shop and lines._parent_order_id = source.order_id
    ) as promise on true
    left join lateral (
        select
            places.shipping_step_ship_to_contact_address_country_code as country,
            places.shipping_step_ship_to_contact_address_state_or_province as region,
            places.shipping_step_ship_to_contact_address_city as city
        from {{ source('raw', 'ebay_instructions') }} as places
        where places.shop = source.shop and places._parent_order_id = source.order_id and places._position = 0
    ) as place on true

)

select * from renamed
