with source as (

    select * from {{ ref('stg_woocommerce__order_headers') }}

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        shop,
        order_id,
        coalesce(transaction_id, order_id) as payment_id,

        -- statuses
        'payment' as kind,
        case
            when paid_at is not null then 'paid'
            else {{ map_status('transaction', 'status') }}
        end as status,
        status as native_status,
        payment_method as method,

        -- amounts
        total_amount as amount,
        currency,

        -- times
        paid_at,
        loaded_at
    from source

)

select * from renamed
