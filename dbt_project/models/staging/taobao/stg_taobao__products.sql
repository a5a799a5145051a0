with source as (

    select * from {{ source('raw', 'taobao_items') }}

),

skus as (

    select * from {{ source('raw', 'taobao_items__skus') }}

),

renamed as (

    select
        -- ids
        'taobao' as channel,
        source.shop,
        source.num_iid as product_id,
        coalesce(skus.sku_id, source.num_iid) as listing_id,
        coalesce(skus.outer_id, source.outer_id) as sku,

        -- text
        source.title,
        skus.properties_name as listing_title,
        source.cid as category,

        -- numerics
        coalesce(skus.price, source.price) as price,
        'CNY' as currency,
        cast(null as numeric) as cost,
        -- Given in kilograms; an item that is weighed by volume has text here.
        case when source.item_weight ~ '^\d+(\.\d+)?$' then round(source.item_weight::numeric * 1000) end as weight_g,
        cast(null as text) as stock_ref,

        -- An item that left the list of those on sale stays as an inactive listing: past orders refer to it.
        case
            when source._deleted_at is null and coalesce(source.approve_status, 'onsale') = 'onsale' then 'active'
            else 'inactive'
        end as status,

        -- times
        coalesce(skus.modified, source.modified)::timestamp at time zone 'Asia/Shanghai' as updated_at,
        source._loaded_at as loaded_at
    from source
    left join skus
        on source.shop = skus.shop and source.num_iid = skus._parent_num_iid

)

select * from renamed
