with source as (

    select * from {{ source('raw', 'ebay_payments') }}

),

orders as (

    select * from {{ source('raw', 'ebay_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        source.shop,
        source._parent_order_id as order_id,
        -- eBay gives no id of its own to a payment that is still to come.
        source._position::text as payment_id,

        -- statuses
        'payment' as kind,
        {{ map_status('transaction', 'source.payment_status', 'ebay') }} as status,
        source.payment_status as native_status,
        source.payment_method as method,

        -- amounts
        source.amount_value as amount,
        source.amount_currency as currency,

        -- times
        source.payment_date as paid_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_order_id = orders.order_id

)

select * from renamed
