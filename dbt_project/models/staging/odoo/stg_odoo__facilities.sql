with warehouses as (

    select * from {{ source('odoo', 'odoo_warehouses') }}
    where _deleted_at is null

),

addresses as (

    select * from {{ source('odoo', 'odoo_addresses') }}
    where _deleted_at is null

),

tills as (

    select distinct
        operation_types.shop,
        operation_types.warehouse_id_id
    from {{ source('odoo', 'odoo_points_of_sale') }} as points_of_sale
    inner join {{ source('odoo', 'odoo_operation_types') }} as operation_types
        on points_of_sale.shop = operation_types.shop and points_of_sale.picking_type_id_id = operation_types.id
    where points_of_sale._deleted_at is null and operation_types._deleted_at is null

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        warehouses.shop,
        warehouses.code as facility_id,

        -- text
        warehouses.name,
        case when tills.shop is null then 'warehouse' else 'store' end as kind,
        addresses.country_code as country,
        -- A state shows as "Zhejiang (CN)".
        regexp_replace(addresses.state_id_name, ' \([A-Z]{2}\)$', '') as region,
        addresses.city,

        -- numerics
        warehouses.sequence::int as priority,

        -- times
        greatest(warehouses._loaded_at, addresses._loaded_at) as loaded_at

    from warehouses
    left join addresses on warehouses.shop = addresses.shop and warehouses.partner_id_id = addresses.id
    left join tills on warehouses.shop = tills.shop and warehouses.id = tills.warehouse_id_id

)

select * from renamed
