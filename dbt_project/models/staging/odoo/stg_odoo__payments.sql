with source as (

    select * from {{ ref('stg_odoo__sale_invoices') }}
    where move_type = 'out_invoice' and state = 'posted'

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        shop,
        order_id,
        invoice_id as payment_id,

        -- statuses
        'payment' as kind,
        {{ map_status('transaction', 'source.payment_state') }} as status,
        payment_state as native_status,
        name as method,

        -- amounts: of an invoice that is paid in part, that part
        case when payment_state in ('paid', 'in_payment', 'partial') then settled_amount else amount end as amount,
        currency,

        -- times
        case when payment_state in ('paid', 'in_payment', 'partial') then updated_at end as paid_at,
        loaded_at
    from source

)

select * from renamed
