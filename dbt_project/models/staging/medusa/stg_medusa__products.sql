with source as (

    select * from {{ source('raw', 'medusa_variants') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'medusa'

),

renamed as (

    select
        -- ids
        'medusa' as channel,
        source.shop,
        source.product_id,
        source.id as listing_id,
        nullif(source.sku, '') as sku,

        -- text
        source.product_title as title,
        source.title as listing_title,
        cast(null as text) as category,

        -- numerics
        prices.amount as price,
        shops.currency,
        cast(null as numeric) as cost,
        coalesce(source.weight, source.product_weight) as weight_g,
        stock.item_id as stock_ref,
        case when source._deleted_at is null and source.product_status = 'published' then 'active' else 'inactive' end as status,

        -- times
        source.updated_at,
        source._loaded_at as loaded_at
    from source
    left join shops
        on source.shop = shops.shop
    -- The price for everybody, in the shop's currency.
    left join lateral (
        select min(found.amount) as amount
        from {{ source('raw', 'medusa_variants__prices') }} as found
        where
            found.shop = source.shop and found._parent_id = source.id and upper(found.currency_code) = shops.currency
            and coalesce(found.min_quantity, 1) <= 1 and coalesce(found.rules, '{}') = '{}'
    ) as prices on true
    -- A variant made of several items, or of several pieces of one, has no number of its own.
    left join lateral (
        select case when count(*) = 1 and max(links.required_quantity) = 1 then min(links.inventory_item_id) end as item_id
        from {{ source('raw', 'medusa_variants__inventory_items') }} as links
        where links.shop = source.shop and links._parent_id = source.id
    ) as stock on true

)

select * from renamed
