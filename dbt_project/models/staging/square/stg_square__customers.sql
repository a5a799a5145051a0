with source as (

    select * from {{ source('raw', 'square_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'square' as channel,
        shop,
        id as customer_id,

        -- text
        coalesce(nullif(trim(concat_ws(' ', given_name, family_name)), ''), company_name) as name,
        email_address as email,
        phone_number as phone,
        address_country as country,
        address_region as region,
        address_locality as city,

        -- times
        created_at as first_seen_at,
        updated_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
