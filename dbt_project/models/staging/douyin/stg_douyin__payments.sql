with source as (

    select * from {{ source('raw', 'douyin_orders') }}
    where pay_time > 0

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        shop,
        order_id,
        order_id as payment_id,
        'payment' as kind,
        'paid' as status,
        cast(order_status as text) as native_status,
        cast(pay_type as text) as method,

        -- amounts
        pay_amount * 0.01 as amount,
        'CNY' as currency,

        -- times
        to_timestamp(pay_time) as paid_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
