with source as (

    select * from {{ source('raw', 'woocommerce_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        shop,
        id as customer_id,

        -- text
        nullif(trim(concat_ws(' ', first_name, last_name)), '') as name,
        nullif(email, '') as email,
        nullif(billing_phone, '') as phone,
        nullif(billing_country, '') as country,
        nullif(billing_state, '') as region,
        nullif(billing_city, '') as city,

        -- times
        date_created_gmt::timestamp at time zone 'UTC' as first_seen_at,
        coalesce(date_modified_gmt, date_created_gmt)::timestamp at time zone 'UTC' as updated_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
