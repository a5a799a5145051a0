with source as (

    select * from {{ source('raw', 'file_products') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'file' as channel,
        source.shop,
        source.product_id,
        source.listing_id,
        source.sku,

        -- text
        source.title,
        coalesce(source.listing_title, source.title) as listing_title,
        source.category,

        -- amounts
        source.price,
        source.currency,
        source.cost,
        source.weight_g,

        -- a file takes no stock numbers back
        null::text as stock_ref,
        source.status,

        -- times
        {{ file_time('source.updated_at') }} as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join {{ source('raw', 'shops') }} as shops
        on source.shop = shops.shop and shops.channel = 'file'

)

select * from renamed
