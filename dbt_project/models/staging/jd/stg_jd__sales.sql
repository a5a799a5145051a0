with source as (

    select * from {{ source('raw', 'jd_orders') }}

)

select
    -- ids
    shop,
    order_id,

    -- text
    order_state,
    waybill,
    logistics_id,
    nullif(pay_type, '') as pay_type,
    consignee_info_province as region,
    consignee_info_city as city,

    -- booleans
    (order_state = 'TRADE_CANCELED' or _deleted_at is not null) as is_cancelled,
    (
        nullif(waybill, '') is not null
        or order_state in (
            'WAIT_GOODS_RECEIVE_CONFIRM', 'DengDaiQueRenShouHuo', 'FINISHED_L', 'WanCheng', 'DELIVERY_RETURN', 'PeiSongTuiHuo'
        )
    ) as has_left,

    -- amounts
    coalesce(seller_discount, 0) as discount_amount,
    coalesce(freight_price, 0) as shipping_amount,
    order_seller_price + coalesce(freight_price, 0) as total_amount,

    -- times
    {{ jd_time('order_start_time') }} as created_at,
    {{ jd_time('payment_confirm_time') }} as paid_at,
    {{ jd_time('order_end_time') }} as ended_at,
    {{ jd_time('modified') }} as modified_at,
    _deleted_at as deleted_at,
    _loaded_at as loaded_at
from source
