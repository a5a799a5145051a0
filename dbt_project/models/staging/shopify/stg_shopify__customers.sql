with source as (

    select * from {{ source('raw', 'shopify_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        shop,
        legacy_resource_id as customer_id,

        -- text
        nullif(trim(concat_ws(' ', first_name, last_name)), '') as name,
        default_email_address_email_address as email,
        default_phone_number_phone_number as phone,
        default_address_country_code_v2 as country,
        default_address_province as region,
        default_address_city as city,

        -- times
        created_at as first_seen_at,
        updated_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
