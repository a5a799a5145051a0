with source as (

    select * from {{ source('raw', 'medusa_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source.id as customer_id,

        -- text
        nullif(trim(concat_ws(' ', source.first_name, source.last_name)), '') as name,
        nullif(source.email, '') as email,
        nullif(source.phone, '') as phone,
        upper(addresses.country_code) as country,
        addresses.province as region,
        addresses.city,

        -- times
        source.created_at as first_seen_at,
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    left join {{ source('raw', 'medusa_customers__addresses') }} as addresses
        on source.shop = addresses.shop and source.id = addresses._parent_id and addresses._position = 0

)

select * from renamed
