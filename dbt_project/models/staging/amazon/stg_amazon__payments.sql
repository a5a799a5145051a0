with source as (

    select * from {{ ref('stg_amazon__orders') }}
    where payment_status in ('paid', 'partially_refunded', 'refunded')

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        source.shop,
        source.order_id,
        source.order_id as payment_id,
        'payment' as kind,
        'paid' as status,
        source.native_payment_status as native_status,
        cast(null as text) as method,

        -- amounts
        source.total_amount as amount,
        source.currency,

        -- times
        cast(null as timestamptz) as paid_at,
        source.loaded_at
    from source

)

select * from renamed
