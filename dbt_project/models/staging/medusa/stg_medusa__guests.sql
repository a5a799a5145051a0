{{ config(pre_hook="{{ raw_index('medusa_orders', 'medusa_orders_buyer', 'shop, (' ~ medusa_buyer() ~ ')') }}") }}

with source as (

    select
        *,
        {{ medusa_buyer() }} as buyer_id
    from {{ source('raw', 'medusa_orders') }}
    where customer_id is null

),

contacts as (

    select
        -- ids
        shop,
        buyer_id as customer_id,
        id as order_id,

        -- text
        {{ billing_name('billing_address') }} as name,
        nullif(email, '') as email,
        nullif(billing_address_phone, '') as phone,
        upper(billing_address_country_code) as country,
        billing_address_province as region,
        billing_address_city as city,

        -- times
        created_at as ordered_at,
        updated_at,
        _loaded_at as loaded_at
    from source

)

{{ guests_of('medusa', 'contacts') }}
