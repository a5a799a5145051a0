with source as (

    select * from {{ source('raw', 'medusa_orders') }}

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source.id as order_id,
        source.display_id::text as order_number,
        'sale' as order_kind,
        {{ medusa_buyer('source.') }} as customer_id,
        upper(source.currency_code) as currency,

        -- statuses: Medusa leaves an order pending until somebody completes it by hand
        case
            when source._deleted_at is not null then 'cancelled'
            when
                source.status = 'pending' and source.fulfillment_status = 'delivered'
                and {{ map_status('payment', 'source.payment_status') }} in ('paid', 'partially_refunded', 'refunded')
                then 'completed'
            else {{ map_status('order', 'source.status') }}
        end as order_status,
        {{ map_status('payment', 'source.payment_status') }} as payment_status,
        {{ map_status('fulfilment', 'source.fulfillment_status') }} as fulfilment_status,
        source.status as native_order_status,
        source.payment_status as native_payment_status,
        source.fulfillment_status as native_fulfilment_status,

        -- amounts
        items.gross_amount as items_amount,
        items.discount_amount + shipping.discount_amount as discount_amount,
        shipping.amount as shipping_amount,
        items.tax_amount + shipping.tax_amount as tax_amount,
        source.summary_raw_original_order_total_value - (
            items.gross_amount - items.discount_amount - shipping.discount_amount
            + shipping.amount + items.tax_amount + shipping.tax_amount
        ) as adjustment_amount,
        source.summary_raw_original_order_total_value as total_amount,
        payments.refunded_amount,

        -- facts
        false as is_presale,
        parcels.facility_id,
        upper(source.shipping_address_country_code) as ship_country,
        source.shipping_address_province as ship_region,
        source.shipping_address_city as ship_city,

        -- times
        source.created_at as ordered_at,
        payments.paid_at,
        coalesce(source.canceled_at, source._deleted_at) as cancelled_at,
        case when source.status in ('completed', 'archived') then source.updated_at end as closed_at,
        cast(null as timestamptz) as promised_at,
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select
            coalesce(sum(lines.gross_amount), 0) as gross_amount,
            coalesce(sum(lines.discount_amount), 0) as discount_amount,
            coalesce(sum(lines.tax_amount), 0) as tax_amount
        from {{ ref('stg_medusa__line_amounts') }} as lines
        where lines.shop = source.shop and lines.order_id = source.id
    ) as items on true
    left join lateral (
        select
            coalesce(sum(methods.raw_amount_value), 0) as amount,
            coalesce(sum(discounts.amount), 0) as discount_amount,
            trim_scale(coalesce(sum(
                case when methods.is_tax_inclusive then 0 else methods.raw_amount_value - discounts.amount end * taxes.rate / 100
            ), 0)) as tax_amount
        from {{ source('raw', 'medusa_orders__shipping_methods') }} as methods
        left join lateral (
            select coalesce(sum(adjustments.raw_amount_value), 0) as amount
            from {{ source('raw', 'medusa_shipping_discounts') }} as adjustments
            where
                adjustments.shop = methods.shop and adjustments._parent_id = methods._parent_id
                and adjustments._parent_position = methods._position
        ) as discounts on true
        left join lateral (
            select coalesce(sum(tax_lines.raw_rate_value), 0) as rate
            from {{ source('raw', 'medusa_shipping_taxes') }} as tax_lines
            where
                tax_lines.shop = methods.shop and tax_lines._parent_id = methods._parent_id
                and tax_lines._parent_position = methods._position
        ) as taxes on true
        where methods.shop = source.shop and methods._parent_id = source.id
    ) as shipping on true
    left join lateral (
        select
            min(found.captured_at) filter (where found.canceled_at is null) as paid_at,
            coalesce(sum(given_back.amount), 0) as refunded_amount
        from {{ source('raw', 'medusa_payments') }} as found
        left join lateral (
            select sum((refund.value -> 'raw_amount' ->> 'value')::numeric) as amount
            from jsonb_array_elements(found.refunds) as refund (value)
        ) as given_back on true
        where found.shop = source.shop and found._parent_id = source.id
    ) as payments on true
    -- The location that all of it leaves from; null where there are several.
    left join lateral (
        select case when count(distinct sent.location_id) = 1 then min(locations.name) end as facility_id
        from {{ source('raw', 'medusa_orders__fulfillments') }} as sent
        left join {{ source('raw', 'medusa_locations') }} as locations
            on sent.shop = locations.shop and sent.location_id = locations.id
        where sent.shop = source.shop and sent._parent_id = source.id and sent.canceled_at is null
    ) as parcels on true

)

select * from renamed
