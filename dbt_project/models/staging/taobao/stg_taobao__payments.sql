with source as (

    select * from {{ ref('stg_taobao__trades') }}
    where paid_at is not null

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        shop,
        tid as order_id,
        tid as payment_id,
        'payment' as kind,
        'paid' as status,
        status as native_status,
        cast(null as text) as method,

        -- amounts
        case when step_trade_status = 'FRONT_PAID_FINAL_NOPAID' then deposit_amount else total_amount end as amount,
        'CNY' as currency,

        -- times
        paid_at,
        loaded_at
    from source

)

select * from renamed
