with source as (

    select * from {{ ref('stg_tryton__warehouses') }}

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        shop,
        facility_id,

        -- text
        name,
        'warehouse' as kind,
        country,
        region,
        city,

        -- numerics: Tryton keeps no order among them
        row_number() over (partition by shop order by warehouse_id::bigint)::int as priority,

        -- times
        loaded_at

    from source

)

select * from renamed
