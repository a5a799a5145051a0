with source as (

    select
        *,
        case
            when canceled_at is not null then 'canceled'
            when captured_at is not null then 'captured'
            else 'authorized'
        end as native_status
    from {{ source('raw', 'medusa_payments') }}

),

orders as (

    select * from {{ source('raw', 'medusa_orders') }}

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as payment_id,

        -- statuses: a payment has times, of which its status is made
        case source.native_status
            when 'canceled' then 'void'
            when 'captured' then 'payment'
            else 'authorization'
        end as kind,
        {{ map_status('transaction', 'source.native_status') }} as status,
        source.native_status,
        source.provider_id as method,

        -- amounts
        source.raw_amount_value as amount,
        upper(source.currency_code) as currency,

        -- times
        case when source.native_status = 'captured' then source.captured_at end as paid_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_id = orders.id

)

select * from renamed
