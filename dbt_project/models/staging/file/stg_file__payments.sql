with source as (

    select * from {{ source('raw', 'file_payments') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'file' as channel,
        source.shop,
        source.order_id,
        source.payment_id,
        source.kind,

        -- statuses: what was paid stays paid when it is given back; a refund is a record of its own
        case
            when source.payment_status in ('pending', 'authorized', 'failed', 'voided', 'unknown') then source.payment_status
            else 'paid'
        end as status,
        source.native_payment_status as native_status,
        source.method,

        -- amounts
        source.amount,
        source.currency,

        -- times
        {{ file_time('source.paid_at') }} as paid_at,
        source._loaded_at as loaded_at
    from source
    inner join {{ source('raw', 'shops') }} as shops
        on source.shop = shops.shop and shops.channel = 'file'

)

select * from renamed
