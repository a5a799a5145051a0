with source as (

    select * from {{ source('raw', 'pinduoduo_orders') }}
    where nullif(pay_time, '') is not null

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        shop,
        order_sn as order_id,
        order_sn as payment_id,
        'payment' as kind,
        'paid' as status,
        'confirm_status=' || confirm_status as native_status,
        nullif(pay_type, '') as method,

        -- amounts
        case when step_order_info_step_trade_status = 1 then step_order_info_step_paid_fee else pay_amount end as amount,
        'CNY' as currency,

        -- times
        {{ beijing_time('pay_time') }} as paid_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
