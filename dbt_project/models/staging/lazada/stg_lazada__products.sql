with products as (

    select * from {{ source('raw', 'lazada_products') }}

),

skus as (

    select * from {{ source('raw', 'lazada_products__skus') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'lazada'

),

renamed as (

    select
        -- ids
        'lazada' as channel,
        products.shop,
        products.item_id as product_id,
        coalesce(nullif(skus.shop_sku, ''), nullif(skus.seller_sku, ''), skus.sku_id) as listing_id,
        nullif(skus.seller_sku, '') as sku,

        -- text
        products.attributes_name as title,
        cast(null as text) as listing_title,
        products.primary_category as category,

        -- numerics
        skus.price,
        shops.currency,
        cast(null as numeric) as cost,
        -- Given in kilograms, as text.
        case when skus.package_weight ~ '^\d+(\.\d+)?$' then round(skus.package_weight::numeric * 1000) end as weight_g,
        skus.sku_id as stock_ref,
        case
            when
                products._deleted_at is null
                and lower(coalesce(products.status, 'active')) = 'active' and lower(coalesce(skus.status, 'active')) = 'active'
                then 'active'
            else 'inactive'
        end as status,

        -- times
        to_timestamp(products.updated_time / 1000.0) as updated_at,
        products._loaded_at as loaded_at
    from products
    inner join skus
        on products.shop = skus.shop and products.item_id = skus._parent_item_id
    left join shops
        on products.shop = shops.shop

)

select * from renamed
