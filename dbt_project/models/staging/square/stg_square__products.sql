with source as (

    select * from {{ source('raw', 'square_variations') }}

),

items as (

    select * from {{ source('raw', 'square_items') }}

),

shops as (

    select * from {{ source('raw', 'shops') }}
    where channel = 'square'

),

renamed as (

    select
        -- ids
        'square' as channel,
        source.shop,
        source.item_variation_data_item_id as product_id,
        source.id as listing_id,
        nullif(source.item_variation_data_sku, '') as sku,

        -- text
        items.item_data_name as title,
        -- Square gives the one variation of an item this name.
        nullif(source.item_variation_data_name, 'Regular') as listing_title,
        cast(null as text) as category,

        -- numerics
        source.item_variation_data_price_money_amount
        * {{ minor_unit('source.item_variation_data_price_money_currency') }} as price,
        coalesce(source.item_variation_data_price_money_currency, shops.currency) as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        source.id as stock_ref,
        case
            when
                items.id is null or items._deleted_at is not null or source._deleted_at is not null
                or coalesce(items.item_data_is_archived, false)
                then 'inactive'
            else 'active'
        end as status,

        -- times
        greatest(items.updated_at, source.updated_at) as updated_at,
        greatest(items._loaded_at, source._loaded_at) as loaded_at
    from source
    left join items
        on source.shop = items.shop and source.item_variation_data_item_id = items.id
    left join shops
        on source.shop = shops.shop

)

select * from renamed
