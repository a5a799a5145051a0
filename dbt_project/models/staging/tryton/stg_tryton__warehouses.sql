with source as (

    select * from {{ source('tryton', 'tryton_warehouses') }}
    where _deleted_at is null and active

),

renamed as (

    select
        -- ids
        shop,
        id as warehouse_id,
        -- Tryton lets a code be empty, or given twice: such warehouses go by their ids.
        case when code <> '' and count(*) over (partition by shop, code) = 1 then code else id end as facility_id,

        -- text
        name,
        address_country_code as country,
        address_subdivision_name as region,
        address_city as city,

        -- times
        _loaded_at as loaded_at
    from source

)

select * from renamed
