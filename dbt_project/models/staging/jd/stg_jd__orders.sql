with source as (

    select
        sales.*,
        coalesce(lines.items_amount, 0) as items_amount,
        refunded.amount as refunded_amount
    from {{ ref('stg_jd__sales') }} as sales
    left join lateral (
        select sum(items.jd_price * items.item_total) as items_amount
        from {{ source('raw', 'jd_orders__item_info_list') }} as items
        where items.shop = sales.shop and items._parent_order_id = sales.order_id
    ) as lines on true
    left join lateral (
        select coalesce(sum(services.refound_amount), 0) as amount
        from {{ source('raw', 'jd_services') }} as services
        where services.shop = sales.shop and services.order_id = sales.order_id and services.status = 13
    ) as refunded on true

),

renamed as (

    select
        -- ids
        'jd' as channel,
        shop,
        order_id,
        order_id as order_number,
        'sale' as order_kind,
        cast(null as text) as customer_id,
        'CNY' as currency,

        -- statuses
        case when is_cancelled then 'cancelled' else {{ map_status('order', 'order_state', 'jd') }} end as order_status,
        case
            when refunded_amount > 0 and refunded_amount < total_amount then 'partially_refunded'
            when refunded_amount > 0 or (order_state = 'TRADE_CANCELED' and paid_at is not null) then 'refunded'
            else {{ map_status('payment', 'order_state', 'jd') }}
        end as payment_status,
        {{ map_status('fulfilment', 'order_state', 'jd') }} as fulfilment_status,
        order_state as native_order_status,
        order_state as native_payment_status,
        order_state as native_fulfilment_status,

        -- amounts
        items_amount,
        discount_amount,
        shipping_amount,
        0::numeric as tax_amount,
        total_amount - (items_amount - discount_amount + shipping_amount) as adjustment_amount,
        total_amount,
        refunded_amount,

        -- facts
        false as is_presale,
        cast(null as text) as facility_id,
        'CN' as ship_country,
        region as ship_region,
        city as ship_city,

        -- times
        created_at as ordered_at,
        paid_at,
        case when is_cancelled then coalesce(deleted_at, modified_at) end as cancelled_at,
        case when is_cancelled then coalesce(deleted_at, modified_at) else ended_at end as closed_at,
        cast(null as timestamptz) as promised_at,
        modified_at as updated_at,
        loaded_at
    from source

)

select * from renamed
