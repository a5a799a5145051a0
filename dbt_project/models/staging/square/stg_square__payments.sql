with source as (

    select * from {{ source('raw', 'square_payments') }}
    where order_id is not null and _deleted_at is null

),

renamed as (

    select
        -- ids
        'square' as channel,
        source.shop,
        source.order_id,
        source.id as payment_id,

        -- statuses
        case source.status when 'APPROVED' then 'authorization' when 'CANCELED' then 'void' else 'payment' end as kind,
        {{ map_status('transaction', 'source.status') }} as status,
        source.status as native_status,
        source.source_type as method,

        -- amounts: with the tip, which the order's total holds as well
        coalesce(source.total_money_amount, source.amount_money_amount)
        * {{ minor_unit('source.amount_money_currency') }} as amount,
        source.amount_money_currency as currency,

        -- times
        case
            when source.status = 'COMPLETED'
                then coalesce(source.card_details_card_payment_timeline_captured_at, source.created_at)
        end as paid_at,
        source._loaded_at as loaded_at
    from source

)

select * from renamed
