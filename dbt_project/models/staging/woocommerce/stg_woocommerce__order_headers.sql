with source as (

    select * from {{ source('raw', 'woocommerce_orders') }}
    -- baskets at the checkout, of which no order came yet
    where status not in ('checkout-draft', 'auto-draft')

)

select
    -- ids
    shop,
    id as order_id,
    number as order_number,
    {{ woocommerce_buyer() }} as customer_id,
    currency,

    -- text
    status,
    nullif(transaction_id, '') as transaction_id,
    nullif(payment_method_title, '') as payment_method,
    nullif(case when coalesce(shipping_country, '') = '' then billing_country else shipping_country end, '') as country,
    nullif(case when coalesce(shipping_country, '') = '' then billing_state else shipping_state end, '') as region,
    nullif(case when coalesce(shipping_country, '') = '' then billing_city else shipping_city end, '') as city,
    meta_data,

    -- amounts: WooCommerce keeps all of them without tax; where prices include it, it is theirs
    prices_include_tax,
    discount_total + case when prices_include_tax then discount_tax else 0 end as discount_amount,
    shipping_total + case when prices_include_tax then shipping_tax else 0 end as shipping_amount,
    case when prices_include_tax then 0 else total_tax end as tax_amount,
    total as total_amount,

    -- booleans
    _deleted_at is not null or status = 'trash' as is_gone,
    -- the convention of shops that know no parcels: what is completed has left
    (
        status = 'completed'
        or (date_completed_gmt is not null and status in ('refunded', 'cancelled', 'failed', 'trash'))
    ) as has_left,

    -- times
    date_created_gmt::timestamp at time zone 'UTC' as created_at,
    date_modified_gmt::timestamp at time zone 'UTC' as modified_at,
    date_paid_gmt::timestamp at time zone 'UTC' as paid_at,
    date_completed_gmt::timestamp at time zone 'UTC' as completed_at,
    _loaded_at as loaded_at
from source
