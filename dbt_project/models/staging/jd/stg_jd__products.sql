with source as (

    select * from {{ source('raw', 'jd_skus') }}

),

renamed as (

    select
        -- ids
        'jd' as channel,
        shop,
        ware_id as product_id,
        sku_id as listing_id,
        nullif(outer_id, '') as sku,

        -- text
        coalesce(nullif(ware_title, ''), sku_name) as title,
        nullif(sku_name, '') as listing_title,
        cast(null as text) as category,

        -- numerics
        jd_price as price,
        'CNY' as currency,
        cast(null as numeric) as cost,
        cast(null as numeric) as weight_g,
        cast(null as text) as stock_ref,

        -- What left the list stays as an inactive listing: past orders refer to it.
        case when _deleted_at is null and coalesce(status, 1) = 1 then 'active' else 'inactive' end as status,

        -- times
        cast(null as timestamptz) as updated_at,
        _loaded_at as loaded_at
    from source

)

select * from renamed
