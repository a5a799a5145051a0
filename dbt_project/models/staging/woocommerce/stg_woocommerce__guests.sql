{{ config(pre_hook="{{ raw_index('woocommerce_orders', 'woocommerce_orders_buyer', 'shop, (' ~ woocommerce_buyer() ~ ')') }}") }}

with source as (

    select
        *,
        {{ woocommerce_buyer() }} as buyer_id
    from {{ source('raw', 'woocommerce_orders') }}
    where nullif(customer_id, '0') is null and status not in ('checkout-draft', 'auto-draft')

),

contacts as (

    select
        -- ids
        shop,
        buyer_id as customer_id,
        id as order_id,

        -- text
        {{ billing_name('billing') }} as name,
        nullif(billing_email, '') as email,
        nullif(billing_phone, '') as phone,
        nullif(billing_country, '') as country,
        nullif(billing_state, '') as region,
        nullif(billing_city, '') as city,

        -- times
        date_created_gmt::timestamp at time zone 'UTC' as ordered_at,
        coalesce(date_modified_gmt, date_created_gmt)::timestamp at time zone 'UTC' as updated_at,
        _loaded_at as loaded_at
    from source

)

{{ guests_of('woocommerce', 'contacts') }}
