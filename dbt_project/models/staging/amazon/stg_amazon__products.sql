with source as (

    select * from {{ source('raw', 'amazon_listings') }}

),

summaries as (

    select * from {{ source('raw', 'amazon_listings__summaries') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'amazon'

),

renamed as (

    select
        -- ids
        'amazon' as channel,
        source.shop,
        coalesce(summaries.asin, source.sku) as product_id,
        source.sku as listing_id,
        source.sku,

        -- text
        summaries.item_name as title,
        cast(null as text) as listing_title,
        summaries.product_type as category,

        -- numerics
        offers.price,
        coalesce(offers.currency, shops.currency) as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        -- A change of quantity has to name the listing's product type.
        summaries.product_type as stock_ref,

        -- A listing that is gone stays as an inactive one: past orders refer to it.
        case when source._deleted_at is null and summaries.status ? 'BUYABLE' then 'active' else 'inactive' end as status,

        -- times
        summaries.last_updated_date as updated_at,
        source._loaded_at as loaded_at
    from source
    left join summaries
        on source.shop = summaries.shop and source.sku = summaries._parent_sku and summaries._position = 0
    left join shops
        on source.shop = shops.shop
    left join lateral (
        select
            min(prices.price_amount) as price,
            min(prices.price_currency_code) as currency
        from {{ source('raw', 'amazon_listings__offers') }} as prices
        where
            prices.shop = source.shop and prices._parent_sku = source.sku
            and prices.marketplace_id = summaries.marketplace_id and prices.offer_type = 'B2C'
    ) as offers on true

)

select * from renamed
