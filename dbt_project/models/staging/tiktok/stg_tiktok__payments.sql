with source as (

    select * from {{ source('raw', 'tiktok_orders') }}
    where paid_time > 0

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        shop,
        id as order_id,
        id as payment_id,
        'payment' as kind,
        'paid' as status,
        status as native_status,
        payment_method_name as method,

        -- amounts
        payment_total_amount as amount,
        payment_currency as currency,

        -- times
        to_timestamp(paid_time) as paid_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
