with source as (

    select * from {{ source('raw', 'douyin_products') }}

),

skus as (

    select * from {{ source('raw', 'douyin_products__skus') }}

),

renamed as (

    select
        -- ids
        'douyin' as channel,
        source.shop,
        source.product_id,
        skus.id as listing_id,
        nullif(skus.code, '') as sku,

        -- text
        source.name as title,
        nullif(concat_ws(
            ' ', nullif(skus.spec_detail_name1, ''), nullif(skus.spec_detail_name2, ''), nullif(skus.spec_detail_name3, '')
        ), '') as listing_title,
        cast(null as text) as category,

        -- numerics
        skus.price * 0.01 as price,
        'CNY' as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        cast(null as text) as stock_ref,

        -- 0 is on sale, 1 taken off, 2 deleted; past orders refer to all of them.
        case when source._deleted_at is null and source.status = 0 then 'active' else 'inactive' end as status,

        -- times
        to_timestamp(nullif(coalesce(source.update_time, source.create_time), 0)) as updated_at,
        source._loaded_at as loaded_at
    from source
    inner join skus
        on source.shop = skus.shop and source.product_id = skus._parent_product_id

)

select * from renamed
