with counted as (

    select * from {{ ref('stg_square__platform_stock') }}
    where is_facility_stock

),

renamed as (

    select
        -- ids
        channel,
        shop,
        facility_id,
        sku,

        -- numerics
        on_hand,
        0 as reserved,

        -- times
        as_of,
        loaded_at

    from counted

)

select * from renamed
