{%- set shared = [
    'shop', 'order_id', 'order_number', 'order_kind', 'buyer_name', 'buyer_email', 'buyer_phone', 'currency', 'order_status',
    'payment_status', 'fulfilment_status',
    'native_order_status', 'native_payment_status', 'native_fulfilment_status', 'is_presale', 'facility_id', 'ship_country',
    'ship_region', 'ship_city', 'ordered_at', 'paid_at', 'shipped_at', 'delivered_at', 'cancelled_at', 'closed_at', 'promised_at',
    'updated_at', '_loaded_at'
] -%}

with stated as (

    select
        {{ shared | join(', ') }},
        {{ file_buyer() }} as customer_id,
        items_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        total_amount,
        refunded_amount
    from {{ source('raw', 'file_orders') }}
    where _deleted_at is null

),

-- An order that files have lines of but no header; of several parts the first stands for it.
from_lines as (

    select
        {{ shared | join(', ') }},
        {{ file_buyer() }} as customer_id,
        null::numeric as items_amount,
        null::numeric as discount_amount,
        null::numeric as shipping_amount,
        null::numeric as tax_amount,
        null::numeric as total_amount,
        null::numeric as refunded_amount
    from {{ source('raw', 'file_order_lines') }} as parts
    where
        parts._deleted_at is null
        and not exists (
            select 1
            from {{ source('raw', 'file_orders') }} as headers
            where headers.shop = parts.shop and headers.order_id = parts.order_id and headers._deleted_at is null
        )
        and not exists (
            select 1
            from {{ source('raw', 'file_order_lines') }} as earlier
            where
                earlier.shop = parts.shop and earlier.order_id = parts.order_id and earlier.part < parts.part
                and earlier._deleted_at is null
        )

)

select * from stated
union all
select * from from_lines
