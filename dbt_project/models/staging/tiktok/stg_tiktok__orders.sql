with source as (

    select
        *,
        {{ map_status('order', 'status', 'tiktok') }} as mapped_status,
        coalesce(payment_shipping_fee, 0) as shipping_amount,
        -- Where prices include it, as in cross-border shops, the tax is told all the same: on top if the total has room for it.
        case
            when payment_total_amount >= payment_sub_total + coalesce(payment_shipping_fee, 0) + payment_tax then payment_tax
            else 0
        end as tax_amount
    from {{ source('raw', 'tiktok_orders') }}

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        source.shop,
        source.id as order_id,
        source.id as order_number,
        'sale' as order_kind,
        nullif(source.user_id, '') as customer_id,
        source.payment_currency as currency,

        -- statuses
        case when source._deleted_at is not null then 'cancelled' else source.mapped_status end as order_status,
        case
            when coalesce(source.paid_time, 0) = 0 and source.mapped_status = 'cancelled' then 'voided'
            when refunded.amount >= source.payment_total_amount and refunded.amount > 0 then 'refunded'
            when refunded.amount > 0 then 'partially_refunded'
            -- paid to the carrier
            when source.is_cod and {{ map_status('fulfilment', 'source.status', 'tiktok') }} <> 'delivered' then 'pending'
            else {{ map_status('payment', 'source.status', 'tiktok') }}
        end as payment_status,
        case
            when source.mapped_status = 'cancelled' and lines.has_left then 'shipped'
            else {{ map_status('fulfilment', 'source.status', 'tiktok') }}
        end as fulfilment_status,
        source.status as native_order_status,
        source.status as native_payment_status,
        source.status as native_fulfilment_status,

        -- amounts
        lines.items_amount,
        lines.discount_amount,
        source.shipping_amount,
        source.tax_amount,
        source.payment_total_amount - (
            lines.items_amount - lines.discount_amount + source.shipping_amount + source.tax_amount
        ) as adjustment_amount,
        source.payment_total_amount as total_amount,
        refunded.amount as refunded_amount,

        -- facts
        lines.is_presale,
        cast(null as text) as facility_id,
        source.recipient_address_region_code as ship_country,
        districts.region as ship_region,
        districts.city as ship_city,

        -- times
        to_timestamp(source.create_time) as ordered_at,
        to_timestamp(nullif(source.paid_time, 0)) as paid_at,
        case
            when source._deleted_at is not null then coalesce(to_timestamp(nullif(source.cancel_time, 0)), source._deleted_at)
            when source.mapped_status = 'cancelled' then to_timestamp(coalesce(nullif(source.cancel_time, 0), source.update_time))
        end as cancelled_at,
        case
            when source._deleted_at is not null then source._deleted_at
            -- the stamp is the time of the last status, and these are the last
            when source.mapped_status in ('completed', 'cancelled') then to_timestamp(source.update_time)
        end as closed_at,
        to_timestamp(nullif(source.rts_sla_time, 0)) as promised_at,
        to_timestamp(source.update_time) as updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select
            coalesce(sum(items.unit_price * items.quantity), 0) as items_amount,
            coalesce(sum((items.unit_price - items.sale_price) * items.quantity), 0) as discount_amount,
            coalesce(bool_or(items.sku_type = 'PRE_ORDER'), false) as is_presale,
            coalesce(bool_or(items.is_shipped), false) as has_left
        from {{ ref('stg_tiktok__items') }} as items
        where items.shop = source.shop and items.order_id = source.id
    ) as lines on true
    left join lateral (
        select
            max(levels.address_name) filter (where levels.address_level = 'L1') as region,
            coalesce(
                max(levels.address_name) filter (where lower(levels.address_level_name) in ('city', 'municipality')),
                max(levels.address_name) filter (where levels.address_level = 'L2')
            ) as city
        from {{ source('raw', 'tiktok_districts') }} as levels
        where levels.shop = source.shop and levels._parent_id = source.id
    ) as districts on true
    left join lateral (
        select coalesce(sum(refunds.amount), 0) as amount
        from {{ ref('stg_tiktok__refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_id = source.id and refunds.status = 'completed'
    ) as refunded on true

)

select * from renamed
