with counted as (

    select distinct
        channel,
        shop,
        facility_id
    from {{ ref('stg_square__stock') }}

),

locations as (

    select * from {{ source('raw', 'square_locations') }}

),

renamed as (

    select
        -- ids
        counted.channel,
        counted.shop,
        counted.facility_id,

        -- text
        counted.facility_id as name,
        'store' as kind,
        min(locations.country) as country,
        cast(null as text) as region,
        cast(null as text) as city,

        -- numerics
        row_number() over (partition by counted.shop order by counted.facility_id)::int as priority,

        -- times
        max(locations._loaded_at) as loaded_at

    from counted
    inner join locations on counted.shop = locations.shop and counted.facility_id = locations.name
    group by counted.channel, counted.shop, counted.facility_id

)

select * from renamed
