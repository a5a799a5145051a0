with source as (

    select
        *,
        case
            when confirm_status = 1 then 'order_status=' || order_status
            else 'confirm_status=' || confirm_status
        end as native_order,
        case
            when order_status = 1 and risk_control_status = 1 then 'risk_control_status=1'
            when order_status = 1 and group_status = 0 then 'group_status=0'
            else 'order_status=' || order_status
        end as native_fulfilment
    from {{ source('raw', 'pinduoduo_orders') }}

),

judged as (

    select
        source.*,
        coalesce(lines.items_amount, 0) as items_amount,
        coalesce(source.discount_amount, 0) as discounts,
        coalesce(source.postage, 0) as shipping_amount,
        refunded.amount as refunded_amount,
        (
            source.confirm_status = 2
            or source._deleted_at is not null
            -- The platform has no word of its own for an order that was paid back whole before it left.
            or (
                source.order_status = 1 and source.refund_status = 4
                and refunded.amount > 0 and refunded.amount >= source.pay_amount
            )
        ) as is_cancelled
    from source
    left join lateral (
        select sum(items.goods_price * items.goods_count) as items_amount
        from {{ source('raw', 'pinduoduo_orders__item_list') }} as items
        where items.shop = source.shop and items._parent_order_sn = source.order_sn
    ) as lines on true
    left join lateral (
        select coalesce(sum(refunds.refund_amount), 0) as amount
        from {{ source('raw', 'pinduoduo_refunds') }} as refunds
        where refunds.shop = source.shop and refunds.order_sn = source.order_sn and refunds.after_sales_status = 10
    ) as refunded on true

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        shop,
        order_sn as order_id,
        order_sn as order_number,
        'sale' as order_kind,
        cast(null as text) as customer_id,
        'CNY' as currency,

        -- statuses
        case when is_cancelled then 'cancelled' else {{ map_status('order', 'native_order', 'pinduoduo') }} end as order_status,
        case
            when step_order_info_step_trade_status = 1 then 'partially_paid'
            when refunded_amount > 0 and refunded_amount < pay_amount then 'partially_refunded'
            when refunded_amount > 0 or (confirm_status = 2 and nullif(pay_time, '') is not null) then 'refunded'
            else {{ map_status('payment', "'confirm_status=' || confirm_status", 'pinduoduo') }}
        end as payment_status,
        {{ map_status('fulfilment', 'native_fulfilment', 'pinduoduo') }} as fulfilment_status,
        native_order as native_order_status,
        'confirm_status=' || confirm_status as native_payment_status,
        native_fulfilment as native_fulfilment_status,

        -- amounts
        items_amount,
        discounts as discount_amount,
        shipping_amount,
        0::numeric as tax_amount,
        pay_amount - (items_amount - discounts + shipping_amount) as adjustment_amount,
        pay_amount as total_amount,
        refunded_amount,

        -- facts
        (coalesce(is_pre_sale, 0) = 1 or coalesce(trade_type, 0) = 1) as is_presale,
        nullif(order_depot_info_depot_code, '') as facility_id,
        case when coalesce(nullif(country, ''), '中国') = '中国' then 'CN' else country end as ship_country,
        province as ship_region,
        city as ship_city,

        -- times
        {{ beijing_time('created_time') }} as ordered_at,
        {{ beijing_time('pay_time') }} as paid_at,
        case when is_cancelled then coalesce(_deleted_at, {{ beijing_time('updated_at') }}) end as cancelled_at,
        case
            when is_cancelled then coalesce(_deleted_at, {{ beijing_time('updated_at') }})
            else {{ beijing_time('receive_time') }}
        end as closed_at,
        {{ beijing_time('last_ship_time') }} as promised_at,
        {{ beijing_time('updated_at') }} as updated_at,
        _loaded_at as loaded_at
    from judged

)

select * from renamed
