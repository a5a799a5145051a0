with source as (

    select * from {{ source('raw', 'shopify_orders__transactions') }}
    -- REFUND and SUGGESTED_REFUND are refunds; CHANGE is cash handed back at the till, which SALE does not count.
    where kind in ('SALE', 'CAPTURE', 'AUTHORIZATION', 'EMV_AUTHORIZATION', 'VOID')

),

orders as (

    select * from {{ source('raw', 'shopify_orders') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        source.shop,
        source._parent_legacy_resource_id as order_id,
        split_part(source.id, '/', 5) as payment_id,

        -- statuses
        case
            when source.kind in ('SALE', 'CAPTURE') then 'payment'
            when source.kind = 'VOID' then 'void'
            else 'authorization'
        end as kind,
        case
            when source.status = 'SUCCESS' and source.kind = 'VOID' then 'voided'
            when source.status = 'SUCCESS' and source.kind in ('AUTHORIZATION', 'EMV_AUTHORIZATION') then 'authorized'
            else {{ map_status('transaction', 'source.status') }}
        end as status,
        source.status as native_status,
        coalesce(source.formatted_gateway, source.gateway) as method,

        -- amounts
        source.amount_set_shop_money_amount as amount,
        source.amount_set_shop_money_currency_code as currency,

        -- times
        case
            when
                source.status = 'SUCCESS' and source.kind in ('SALE', 'CAPTURE')
                then coalesce(source.processed_at, source.created_at)
        end as paid_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source._parent_legacy_resource_id = orders.legacy_resource_id

)

select * from renamed
