with source as (

    select * from {{ source('raw', 'vendure_payments') }}

),

orders as (

    select * from {{ source('raw', 'vendure_orders') }}

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as payment_id,

        -- statuses
        case source.state
            when 'Authorized' then 'authorization'
            when 'Cancelled' then 'void'
            else 'payment'
        end as kind,
        {{ map_status('transaction', 'source.state') }} as status,
        source.state as native_status,
        source.method,

        -- amounts
        trim_scale(source.amount / power(10::numeric, coalesce(settings.money_strategy_precision, 2))) as amount,
        orders.currency_code as currency,

        -- times
        case when source.state = 'Settled' then coalesce(settled.at, source.created_at) end as paid_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    left join lateral (
        select max(channels.money_strategy_precision) as money_strategy_precision
        from {{ source('raw', 'vendure_channels') }} as channels
        where channels.shop = source.shop and channels._deleted_at is null
    ) as settings on true
    left join lateral (
        select max(history.created_at) as at
        from {{ source('raw', 'vendure_history') }} as history
        where
            history.shop = source.shop and history._parent_id = source._parent_id
            and history.type = 'ORDER_PAYMENT_TRANSITION'
            and history.data ->> 'to' = 'Settled' and history.data ->> 'paymentId' = source.id
    ) as settled on true

)

select * from renamed
