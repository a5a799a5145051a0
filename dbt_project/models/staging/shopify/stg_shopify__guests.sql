{{ config(pre_hook="{{ raw_index('shopify_orders', 'shopify_orders_buyer', 'shop, (' ~ shopify_buyer() ~ ')') }}") }}

with source as (

    select
        *,
        {{ shopify_buyer() }} as customer_id
    from {{ source('raw', 'shopify_orders') }}
    where customer_legacy_resource_id is null and _deleted_at is null

),

contacts as (

    select
        -- ids
        shop,
        customer_id,
        legacy_resource_id as order_id,

        -- text
        billing_address_name as name,
        email,
        coalesce(phone, billing_address_phone) as phone,
        billing_address_country_code_v2 as country,
        billing_address_province as region,
        billing_address_city as city,

        -- times
        processed_at as ordered_at,
        updated_at,
        _loaded_at as loaded_at
    from source

)

{{ guests_of('shopify', 'contacts') }}
