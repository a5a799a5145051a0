with source as (

    select
        payments.shop,
        payments._parent_id as order_id,
        payments.currency_code,
        refund.value as refund
    from {{ source('raw', 'medusa_payments') }} as payments
    cross join lateral jsonb_array_elements(payments.refunds) as refund (value)

),

orders as (

    select * from {{ source('raw', 'medusa_orders') }}

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source.order_id,
        source.refund ->> 'id' as refund_id,
        cast(null as text) as line_id,
        cast(null as text) as sku,
        cast(null as int) as quantity,

        -- statuses: Medusa writes a refund once it is given
        'refund' as kind,
        'completed' as status,
        cast(null as text) as native_status,
        source.refund ->> 'note' as reason,

        -- amounts
        (source.refund -> 'raw_amount' ->> 'value')::numeric as amount,
        upper(source.currency_code) as currency,
        false as is_restocked,

        -- times
        (source.refund ->> 'created_at')::timestamptz as requested_at,
        (source.refund ->> 'created_at')::timestamptz as completed_at,
        (source.refund ->> 'created_at')::timestamptz as updated_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders
        on source.shop = orders.shop and source.order_id = orders.id

)

select * from renamed
