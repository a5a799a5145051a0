with source as (

    select * from {{ source('raw', 'file_customers') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'file' as channel,
        source.shop,
        source.customer_id,

        -- text
        source.name,
        source.email,
        source.phone,
        source.country,
        source.region,
        source.city,

        -- times
        {{ file_time('source.first_seen_at') }} as first_seen_at,
        {{ file_time('source.updated_at') }} as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join {{ source('raw', 'shops') }} as shops
        on source.shop = shops.shop and shops.channel = 'file'

)

select * from renamed
