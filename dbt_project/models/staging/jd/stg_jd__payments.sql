with source as (

    select * from {{ ref('stg_jd__sales') }}
    where paid_at is not null

),

renamed as (

    select
        -- ids
        'jd' as channel,
        shop,
        order_id,
        order_id as payment_id,
        'payment' as kind,
        'paid' as status,
        order_state as native_status,
        pay_type as method,

        -- amounts
        total_amount as amount,
        'CNY' as currency,

        -- times
        paid_at,
        loaded_at
    from source

)

select * from renamed
