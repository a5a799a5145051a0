with source as (

    select * from {{ ref('stg_lazada__orders') }}
    where payment_status in ('paid', 'partially_refunded', 'refunded')

),

methods as (

    select * from {{ source('raw', 'lazada_orders') }}

),

renamed as (

    select
        -- ids
        'lazada' as channel,
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
        cast(null as timestamptz) as paid_at,
        source.loaded_at
    from source
    inner join methods
        on source.shop = methods.shop and source.order_id = methods.order_id

)

select * from renamed
