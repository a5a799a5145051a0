with source as (

    select * from {{ source('raw', 'shopify_products__variants') }}

),

products as (

    select * from {{ source('raw', 'shopify_products') }}
    where _deleted_at is null

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'shopify'

),

renamed as (

    select
        -- ids
        'shopify' as channel,
        source.shop,
        source._parent_legacy_resource_id as product_id,
        source.legacy_resource_id as listing_id,
        nullif(source.sku, '') as sku,

        -- text
        products.title,
        -- Shopify gives the one variant of a product without options this name.
        nullif(source.title, 'Default Title') as listing_title,
        coalesce(products.category_name, nullif(products.product_type, '')) as category,

        -- numerics
        source.price,
        shops.currency,
        source.inventory_item_unit_cost_amount as cost,
        round(source.inventory_item_measurement_weight_value * case source.inventory_item_measurement_weight_unit
            when 'GRAMS' then 1
            when 'KILOGRAMS' then 1000
            when 'OUNCES' then 28.349523125
            when 'POUNDS' then 453.59237
        end) as weight_g,
        source.inventory_item_id as stock_ref,
        case when products.status in ('ACTIVE', 'UNLISTED') then 'active' else 'inactive' end as status,

        -- times
        greatest(products.updated_at, source.updated_at) as updated_at,
        products._loaded_at as loaded_at
    from source
    inner join products
        on source.shop = products.shop and source._parent_legacy_resource_id = products.legacy_resource_id
    left join shops
        on source.shop = shops.shop

)

select * from renamed
