with source as (

    select * from {{ source('raw', 'vendure_orders') }}

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        source.shop,
        source.id as order_id,
        source.code as order_number,
        'sale' as order_kind,
        source.customer_id,
        source.currency_code as currency,

        -- statuses: an order that Vendure no longer has is over
        case
            when source._deleted_at is not null then 'cancelled'
            else {{ map_status('order', 'source.state') }}
        end as order_status,
        case
            when refunds.amount > 0 and refunds.amount >= money.settled then 'refunded'
            when refunds.amount > 0 then 'partially_refunded'
            when money.settled > 0 and money.settled >= owed.amount then 'paid'
            when money.settled > 0 then 'partially_paid'
            when source.state = 'Cancelled' then 'voided'
            when owed.amount = 0 then 'paid'
            when money.authorized > 0 then 'authorized'
            when money.failed > 0 and money.failed = money.tried then 'failed'
            else 'pending'
        end as payment_status,
        case
            when source.state = 'Cancelled' and parcels.sent > 0 and parcels.delivered = parcels.sent then 'delivered'
            when source.state = 'Cancelled' and parcels.sent > 0 then 'shipped'
            else {{ map_status('fulfilment', 'source.state') }}
        end as fulfilment_status,
        source.state as native_order_status,
        money.last_state as native_payment_status,
        source.state as native_fulfilment_status,

        -- amounts
        items.amount as items_amount,
        items.discount as discount_amount,
        shipping.amount as shipping_amount,
        trim_scale(items.tax + shipping.tax) as tax_amount,
        -- Surcharges, what an order tax of its own rounds otherwise, and discounts that a cancelled line no longer tells.
        trim_scale(
            owed.amount - (items.amount - items.discount + shipping.amount + items.tax + shipping.tax)
        ) as adjustment_amount,
        owed.amount as total_amount,
        refunds.amount as refunded_amount,

        -- facts
        false as is_presale,
        cast(null as text) as facility_id,
        source.shipping_address_country_code as ship_country,
        source.shipping_address_province as ship_region,
        source.shipping_address_city as ship_city,

        -- times: of an order's stamp little is true, so the last thing that happened counts too
        source.order_placed_at as ordered_at,
        events.paid_at,
        case when source.state = 'Cancelled' then coalesce(events.cancelled_at, source.updated_at) end as cancelled_at,
        case when source.state = 'Delivered' then events.delivered_at end as closed_at,
        cast(null as timestamptz) as promised_at,
        greatest(source.updated_at, events.last_at) as updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select
            coalesce(bool_or(channels.prices_include_tax), false) as prices_include_tax,
            power(10::numeric, coalesce(max(channels.money_strategy_precision), 2)) as scale
        from {{ source('raw', 'vendure_channels') }} as channels
        where channels.shop = source.shop and channels._deleted_at is null
    ) as settings on true
    left join lateral (
        select
            coalesce(sum(lines.quantity * lines.unit_price), 0) as amount,
            coalesce(sum(lines.discount_amount), 0) as discount,
            coalesce(sum(lines.tax_amount), 0) as tax
        from {{ ref('stg_vendure__line_amounts') }} as lines
        where lines.shop = source.shop and lines.order_id = source.id
    ) as items on true
    left join lateral (
        select
            trim_scale(coalesce(sum(
                case when settings.prices_include_tax then lines.discounted_price_with_tax else lines.discounted_price end
                - case when settings.prices_include_tax then cancelled.amount_with_tax else cancelled.amount end
            ), 0) / settings.scale) as amount,
            trim_scale(coalesce(sum(case when settings.prices_include_tax then 0 else
                    lines.discounted_price_with_tax - lines.discounted_price - (cancelled.amount_with_tax - cancelled.amount)
            end), 0) / settings.scale) as tax
        from {{ source('raw', 'vendure_shipping_lines') }} as lines
        -- What cancelling took off the shipping, a negative amount.
        left join lateral (
            select
                coalesce(sum(discounts.amount), 0) as amount,
                coalesce(sum(discounts.amount_with_tax), 0) as amount_with_tax
            from {{ source('raw', 'vendure_shipping_discounts') }} as discounts
            where
                discounts.shop = lines.shop and discounts._parent_id = lines._parent_id
                and discounts._parent_position = lines._position and discounts.adjustment_source = 'CANCEL_ORDER'
        ) as cancelled on true
        where lines.shop = source.shop and lines._parent_id = source.id
    ) as shipping on true
    left join lateral (
        select
            coalesce(sum(payments.amount) filter (where payments.state = 'Settled'), 0) / settings.scale as settled,
            coalesce(sum(payments.amount) filter (where payments.state = 'Authorized'), 0) / settings.scale as authorized,
            coalesce(max(payments.amount) filter (where payments.state = 'Cancelled'), 0) / settings.scale as released,
            count(*) filter (where payments.state in ('Declined', 'Error')) as failed,
            count(*) as tried,
            (array_agg(payments.state order by payments.created_at desc, payments.id desc))[1] as last_state
        from {{ source('raw', 'vendure_payments') }} as payments
        where payments.shop = source.shop and payments._parent_id = source.id
    ) as money on true
    -- Cancelled pieces leave the order's total; its payments covered what was owed first.
    cross join
        lateral (
            select
                trim_scale(greatest(source.total_with_tax / settings.scale, money.settled + money.authorized, money.released))
                    as amount
        ) as owed
    left join lateral (
        select trim_scale(coalesce(sum(given.total), 0) / settings.scale) as amount
        from {{ source('raw', 'vendure_refunds') }} as given
        where given.shop = source.shop and given._parent_id = source.id and given.state = 'Settled'
    ) as refunds on true
    left join lateral (
        select
            count(*) as sent,
            count(*) filter (where fulfillments.state = 'Delivered') as delivered
        from {{ source('raw', 'vendure_fulfillments') }} as fulfillments
        where
            fulfillments.shop = source.shop and fulfillments._parent_id = source.id
            and fulfillments.state in ('Shipped', 'Delivered')
    ) as parcels on true
    left join lateral (
        select
            min(history.created_at) filter (
                where history.type = 'ORDER_PAYMENT_TRANSITION' and history.data ->> 'to' = 'Settled'
            ) as paid_at,
            max(history.created_at) filter (
                where history.type = 'ORDER_STATE_TRANSITION' and history.data ->> 'to' = 'Cancelled'
            ) as cancelled_at,
            max(history.created_at) filter (
                where history.type = 'ORDER_STATE_TRANSITION' and history.data ->> 'to' = 'Delivered'
            ) as delivered_at,
            max(history.created_at) as last_at
        from {{ source('raw', 'vendure_history') }} as history
        where history.shop = source.shop and history._parent_id = source.id
    ) as events on true

)

select * from renamed
