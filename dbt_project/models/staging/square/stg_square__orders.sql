with source as (

    select * from {{ ref('stg_square__sales') }}

),

renamed as (

    select
        -- ids
        'square' as channel,
        source.shop,
        source.id as order_id,
        coalesce(source.reference_id, source.ticket_name, source.id) as order_number,
        'sale' as order_kind,
        source.customer_id,
        source.total_money_currency as currency,

        -- statuses
        {{ map_status('order', 'source.shown_state') }} as order_status,
        case
            when money.refunded > 0 and money.refunded >= money.paid then 'refunded'
            when money.refunded > 0 then 'partially_refunded'
            when money.paid >= source.total_money_amount and (money.paid > 0 or source.total_money_amount = 0) then 'paid'
            when money.paid > 0 then 'partially_paid'
            when money.native_status is null and source.shown_state = 'CANCELED' then 'voided'
            when money.native_status is null then 'pending'
            else {{ map_status('payment', 'money.native_status') }}
        end as payment_status,
        case
            when work.parts is null and source.shown_state = 'OPEN' then 'unfulfilled'
            when work.parts is null then 'not_required'
            when work.done > 0 and work.done < work.parts and work.handed > 0 then 'partially_delivered'
            when work.done > 0 and work.done < work.parts then 'partially_shipped'
            when work.done > 0 and work.handed = work.done then 'delivered'
            else {{ map_status('fulfilment', 'work.native_status') }}
        end as fulfilment_status,
        source.state as native_order_status,
        money.native_status as native_payment_status,
        work.native_status as native_fulfilment_status,

        -- amounts
        items.amount * source.minor as items_amount,
        coalesce(source.total_discount_money_amount, 0) * source.minor as discount_amount,
        charges.shipping * source.minor as shipping_amount,
        (coalesce(source.total_tax_money_amount, 0) - taxes.inclusive) * source.minor as tax_amount,
        -- Tips, charges that are no shipping, and what Square rounds at the till.
        (
            source.total_money_amount - items.amount + coalesce(source.total_discount_money_amount, 0) - charges.shipping
            - coalesce(source.total_tax_money_amount, 0) + taxes.inclusive
        ) * source.minor as adjustment_amount,
        source.total_money_amount * source.minor as total_amount,
        money.refunded * source.minor as refunded_amount,

        -- facts
        false as is_presale,
        places.name as facility_id,
        work.country as ship_country,
        work.region as ship_region,
        work.city as ship_city,

        -- times
        source.created_at as ordered_at,
        money.paid_at,
        case when source.shown_state = 'CANCELED' then coalesce(source.closed_at, source._deleted_at, source.updated_at) end
            as cancelled_at,
        case when source.shown_state <> 'OPEN' then coalesce(source.closed_at, source._deleted_at, source.updated_at) end
            as closed_at,
        work.promised_at,
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    left join {{ source('raw', 'square_locations') }} as places
        on source.shop = places.shop and source.location_id = places.id
    -- Prices as the buyer sees them: `gross_sales_money` is without an inclusive tax in some countries and with it in others.
    left join lateral (
        select
            coalesce(sum(
                coalesce(lines.variation_total_price_money_amount, round(lines.base_price_money_amount * lines.quantity), 0)
                + extras.amount
            ), 0) as amount
        from {{ source('raw', 'square_orders__line_items') }} as lines
        left join lateral (
            select coalesce(sum(modifiers.total_price_money_amount), 0) as amount
            from {{ source('raw', 'square_line_modifiers') }} as modifiers
            where
                modifiers.shop = lines.shop and modifiers._parent_id = lines._parent_id
                and modifiers._parent_position = lines._position
        ) as extras on true
        where lines.shop = source.shop and lines._parent_id = source.id
    ) as items on true
    left join lateral (
        select coalesce(sum(levied.applied_money_amount) filter (where levied.type = 'INCLUSIVE'), 0) as inclusive
        from {{ source('raw', 'square_orders__taxes') }} as levied
        where levied.shop = source.shop and levied._parent_id = source.id
    ) as taxes on true
    -- Square has no field for shipping: its store charges it under this name. Without the tax on it, which is in the taxes.
    left join lateral (
        select
            coalesce(
                sum(coalesce(charged.applied_money_amount, charged.total_money_amount))
                filter (where charged.name ~* '(shipping|delivery|postage)'), 0
            ) as shipping
        from {{ source('raw', 'square_orders__service_charges') }} as charged
        where charged.shop = source.shop and charged._parent_id = source.id
    ) as charges on true
    left join lateral (
        select
            coalesce(
                sum(coalesce(payments.total_money_amount, payments.amount_money_amount))
                filter (where payments.status = 'COMPLETED'), 0
            ) as paid,
            coalesce(sum(payments.refunded_money_amount) filter (where payments.status = 'COMPLETED'), 0) as refunded,
            min(coalesce(payments.card_details_card_payment_timeline_captured_at, payments.created_at))
            filter (where payments.status = 'COMPLETED') as paid_at,
            -- The last word counts: a card that was declined is tried again.
            (array_agg(payments.status order by payments.status = 'COMPLETED' desc, payments.updated_at desc))[1] as native_status
        from {{ source('raw', 'square_payments') }} as payments
        where payments.shop = source.shop and payments.order_id = source.id and payments._deleted_at is null
    ) as money on true
    -- Parts that were taken back count only where there are no others.
    left join lateral (
        select
            nullif(count(*), 0) as parts,
            count(*) filter (where parts.state = 'COMPLETED') as done,
            count(*) filter (where parts.state = 'COMPLETED' and parts.type <> 'SHIPMENT') as handed,
            (array_agg(parts.state order by parts.state in ('CANCELED', 'FAILED'), parts.state = 'COMPLETED', parts._position))[1]
                as native_status,
            max(coalesce(
                parts.shipment_details_expected_shipped_at, parts.pickup_details_pickup_at, parts.delivery_details_deliver_at
            )) as promised_at,
            min(coalesce(
                parts.shipment_details_recipient_address_country, parts.delivery_details_recipient_address_country
            )) as country,
            min(coalesce(
                parts.shipment_details_recipient_address_region,
                parts.delivery_details_recipient_address_region
            )) as region,
            min(coalesce(
                parts.shipment_details_recipient_address_locality, parts.delivery_details_recipient_address_locality
            )) as city
        from {{ source('raw', 'square_orders__fulfillments') }} as parts
        where
            parts.shop = source.shop and parts._parent_id = source.id
            and (
                parts.state not in ('CANCELED', 'FAILED')
                or not exists (
                    select 1 from {{ source('raw', 'square_orders__fulfillments') }} as live
                    where
                        live.shop = source.shop and live._parent_id = source.id and live.state not in ('CANCELED', 'FAILED')
                )
            )
    ) as work on true

)

select * from renamed
