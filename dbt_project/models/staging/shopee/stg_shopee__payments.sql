with source as (

    select * from {{ ref('stg_shopee__orders') }}
    where paid_at is not null

),

methods as (

    select * from {{ source('raw', 'shopee_orders') }}

),

renamed as (

    select
        -- ids
        'shopee' as channel,
        source.shop,
        source.order_id,
        source.order_id as payment_id,
        'payment' as kind,
        'paid' as status,
        source.native_payment_status as native_status,
        methods.payment_method as method,

        -- amounts
        source.total_amount as amount,
        source.currency,

        -- times
        source.paid_at,
        source.loaded_at
    from source
    inner join methods
        on source.shop = methods.shop and source.order_id = methods.order_sn

)

select * from renamed
