with products as (

    select * from {{ source('raw', 'woocommerce_products') }}

),

-- A product with variations is listed by them; a group is a page that shows other products.
listings as (

    select
        products.shop,
        products.id as product_id,
        products.id as listing_id,
        products.sku,
        products.price,
        products.weight,
        cast(null as jsonb) as attributes,
        true as is_shown,
        products.date_modified_gmt
    from products
    where products.type not like 'variable%' and products.type <> 'grouped'
    union all
    select
        variations.shop,
        variations._parent_id as product_id,
        variations.id as listing_id,
        variations.sku,
        variations.price,
        variations.weight,
        variations.attributes,
        coalesce(variations.status, '"publish"') in ('"publish"', 'true') as is_shown,
        variations.date_modified_gmt
    from {{ source('raw', 'woocommerce_products__variation_records') }} as variations

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'woocommerce'

),

renamed as (

    select
        -- ids
        'woocommerce' as channel,
        products.shop,
        products.id as product_id,
        listings.listing_id,
        nullif(listings.sku, '') as sku,

        -- text
        products.name as title,
        varieties.options as listing_title,
        categories.name as category,

        -- numerics
        nullif(listings.price, '')::numeric as price,
        shops.currency,
        cast(null as numeric) as cost,
        -- a variation without a weight of its own weighs what its product does
        round(coalesce(nullif(listings.weight, ''), nullif(products.weight, ''))::numeric * case products.weight_unit
            when 'g' then 1
            when 'kg' then 1000
            when 'oz' then 28.349523125
            when 'lbs' then 453.59237
        end) as weight_g,
        cast(null as text) as stock_ref,
        case
            when products._deleted_at is null and products.status = 'publish' and listings.is_shown then 'active'
            else 'inactive'
        end as status,

        -- times
        greatest(products.date_modified_gmt, listings.date_modified_gmt)::timestamp at time zone 'UTC' as updated_at,
        products._loaded_at as loaded_at
    from listings
    inner join products
        on listings.shop = products.shop and listings.product_id = products.id
    left join shops
        on products.shop = shops.shop
    left join {{ source('raw', 'woocommerce_products__categories') }} as categories
        on products.shop = categories.shop and products.id = categories._parent_id and categories._position = 0
    left join lateral (
        select string_agg(option.value #>> '{}', ' / ') as options
        from jsonb_path_query(listings.attributes, 'strict $[*].option', '{}', true) as option (value)
    ) as varieties on true

)

select * from renamed
