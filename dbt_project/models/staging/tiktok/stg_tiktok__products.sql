with source as (

    select * from {{ source('raw', 'tiktok_products') }}

),

skus as (

    select * from {{ source('raw', 'tiktok_products__skus') }}

),

renamed as (

    select
        -- ids
        'tiktok' as channel,
        source.shop,
        source.id as product_id,
        skus.id as listing_id,
        nullif(skus.seller_sku, '') as sku,

        -- text
        source.title,
        cast(null as text) as listing_title,
        cast(null as text) as category,

        -- numerics
        coalesce(skus.price_sale_price, skus.price_tax_exclusive_price) as price,
        skus.price_currency as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        cast(null as text) as stock_ref,

        -- A product that left the list stays as an inactive listing: past orders refer to it.
        case when source._deleted_at is null and source.status = 'ACTIVATE' then 'active' else 'inactive' end as status,

        -- times
        to_timestamp(nullif(coalesce(source.update_time, source.create_time), 0)) as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join skus
        on source.shop = skus.shop and source.id = skus._parent_id

)

select * from renamed
