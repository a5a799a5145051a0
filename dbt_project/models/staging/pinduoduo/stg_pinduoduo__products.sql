with source as (

    select * from {{ source('raw', 'pinduoduo_goods') }}

),

skus as (

    select * from {{ source('raw', 'pinduoduo_goods__sku_list') }}

),

renamed as (

    select
        -- ids
        'pinduoduo' as channel,
        source.shop,
        source.goods_id as product_id,
        skus.sku_id as listing_id,
        nullif(skus.outer_id, '') as sku,

        -- text
        source.goods_name as title,
        nullif(skus.spec, '') as listing_title,
        cast(null as text) as category,

        -- numerics
        cast(null as numeric) as price,
        'CNY' as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        cast(null as text) as stock_ref,

        -- What left the list stays as an inactive listing: past orders refer to it.
        case
            when source._deleted_at is null and source.is_onsale = 1 and coalesce(skus.is_sku_onsale, 1) = 1 then 'active'
            else 'inactive'
        end as status,

        -- times
        cast(null as timestamptz) as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join skus
        on source.shop = skus.shop and source.goods_id = skus._parent_goods_id

)

select * from renamed
