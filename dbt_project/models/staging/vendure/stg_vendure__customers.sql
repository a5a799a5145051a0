with source as (

    select * from {{ source('raw', 'vendure_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'vendure' as channel,
        source.shop,
        source.id as customer_id,

        -- text
        nullif(trim(concat_ws(' ', source.first_name, source.last_name)), '') as name,
        nullif(source.email_address, '') as email,
        nullif(source.phone_number, '') as phone,
        home.country_code as country,
        home.province as region,
        home.city,

        -- times
        source.created_at as first_seen_at,
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    left join lateral (
        select
            addresses.country_code,
            addresses.province,
            addresses.city
        from {{ source('raw', 'vendure_addresses') }} as addresses
        where addresses.shop = source.shop and addresses._parent_id = source.id
        order by coalesce(addresses.default_shipping_address, false) desc, addresses._position
        limit 1
    ) as home on true

)

select * from renamed
