with source as (

    select * from {{ source('raw', 'ebay_inventory_items') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'ebay'

),

renamed as (

    select
        -- ids
        'ebay' as channel,
        source.shop,
        source.sku as product_id,
        source.sku as listing_id,
        source.sku,

        -- text
        source.product_title as title,
        cast(null as text) as listing_title,
        cast(null as text) as category,

        -- numerics
        cast(null as numeric) as price,
        shops.currency,
        cast(null as numeric) as cost,
        round(source.package_weight_and_size_weight_value * case source.package_weight_and_size_weight_unit
            when 'GRAM' then 1
            when 'KILOGRAM' then 1000
            when 'OUNCE' then 28.349523125
            when 'POUND' then 453.59237
        end) as weight_g,
        cast(null as text) as stock_ref,

        -- A SKU that is gone stays as an inactive listing: past orders refer to it.
        case when source._deleted_at is null then 'active' else 'inactive' end as status,

        -- times
        cast(null as timestamptz) as updated_at,
        source._loaded_at as loaded_at
    from source
    left join shops
        on source.shop = shops.shop

)

select * from renamed
