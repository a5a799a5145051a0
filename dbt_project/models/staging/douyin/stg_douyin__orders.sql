with source as (

    select
        *,
        cast(order_status as text) as native_status,
        {{ map_status('order', 'cast(order_status as text)', 'douyin') }} as mapped_status
    from {{ source('raw', 'douyin_orders') }}

),

summed as (

    select
        source.*,
        lines.items_amount,
        lines.discount_amount,
        lines.is_presale,
        lines.has_left,
        places.only_id as facility_id,
        coalesce(source.post_amount, 0) * 0.01 as shipping_amount,
        source.pay_amount * 0.01 as total_amount,
        -- Where prices include it, as in most shops, the tax may be told all the same: it is on top if the total has room for it.
        case
            when
                source.pay_amount * 0.01
                >= lines.items_amount - lines.discount_amount + (coalesce(source.post_amount, 0) + source.tax_amount) * 0.01
                then source.tax_amount * 0.01
            else 0
        end as tax_amount_on_top
    from source
    left join lateral (
        select
            coalesce(sum(orders.origin_amount * orders.item_num), 0) * 0.01 as items_amount,
            coalesce(sum(orders.promotion_amount), 0) * 0.01 as discount_amount,
            coalesce(bool_or(orders.pre_sale_type > 0), false) as is_presale,
            coalesce(bool_or(orders.ship_time > 0), false) as has_left
        from {{ source('raw', 'douyin_orders__sku_order_list') }} as orders
        where orders.shop = source.shop and orders._parent_order_id = source.order_id
    ) as lines on true
    left join lateral (
        -- the warehouse that all of it leaves from, where the platform names one
        select case when count(distinct stores.out_warehouse_id) = 1 then min(nullif(stores.out_warehouse_id, '')) end as only_id
        from {{ source('raw', 'douyin_inventories') }} as stores
        where stores.shop = source.shop and stores._parent_order_id = source.order_id
    ) as places on true

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        summed.shop,
        summed.order_id,
        summed.order_id as order_number,
        'sale' as order_kind,
        coalesce(nullif(summed.doudian_open_id, ''), nullif(summed.open_id, '')) as customer_id,
        'CNY' as currency,

        -- statuses
        case when summed._deleted_at is not null then 'cancelled' else summed.mapped_status end as order_status,
        case
            when summed.mapped_status = 'cancelled' and coalesce(summed.pay_time, 0) = 0 then 'voided'
            when refunded.amount >= summed.total_amount and refunded.amount > 0 then 'refunded'
            when refunded.amount > 0 then 'partially_refunded'
            -- paid to the carrier
            when summed.pay_type = 0 and summed.mapped_status <> 'completed' then 'pending'
            else {{ map_status('payment', 'summed.native_status', 'douyin') }}
        end as payment_status,
        case
            when summed.mapped_status = 'cancelled' and summed.has_left then 'shipped'
            else {{ map_status('fulfilment', 'summed.native_status', 'douyin') }}
        end as fulfilment_status,
        summed.native_status as native_order_status,
        summed.native_status as native_payment_status,
        summed.native_status as native_fulfilment_status,

        -- amounts
        summed.items_amount,
        summed.discount_amount,
        summed.shipping_amount,
        summed.tax_amount_on_top as tax_amount,
        summed.total_amount - (
            summed.items_amount - summed.discount_amount + summed.shipping_amount + summed.tax_amount_on_top
        ) as adjustment_amount,
        summed.total_amount,
        refunded.amount as refunded_amount,

        -- facts
        summed.is_presale,
        summed.facility_id,
        'CN' as ship_country,
        summed.mask_post_addr_province_name as ship_region,
        summed.mask_post_addr_city_name as ship_city,

        -- times
        to_timestamp(summed.create_time) as ordered_at,
        to_timestamp(nullif(summed.pay_time, 0)) as paid_at,
        case
            when summed._deleted_at is not null then summed._deleted_at
            when summed.mapped_status = 'cancelled' then to_timestamp(coalesce(nullif(summed.finish_time, 0), summed.update_time))
        end as cancelled_at,
        case
            when summed._deleted_at is not null then summed._deleted_at
            when summed.mapped_status in ('completed', 'cancelled')
                then to_timestamp(coalesce(nullif(summed.finish_time, 0), summed.update_time))
        end as closed_at,
        to_timestamp(nullif(summed.exp_ship_time, 0)) as promised_at,
        to_timestamp(summed.update_time) as updated_at,
        summed._loaded_at as loaded_at
    from summed
    left join lateral (
        select coalesce(sum(refunds.amount), 0) as amount
        from {{ ref('stg_douyin__refunds') }} as refunds
        where refunds.shop = summed.shop and refunds.order_id = summed.order_id and refunds.status = 'completed'
    ) as refunded on true

)

select * from renamed
