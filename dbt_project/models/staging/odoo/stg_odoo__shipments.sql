with source as (

    select * from {{ source('odoo', 'odoo_sale_orders__picking_ids') }}

),

orders as (

    select * from {{ source('raw', 'odoo_sale_orders') }}

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        source.shop,
        source._parent_id as order_id,
        source.id as shipment_id,

        -- statuses
        {{ map_status('shipment', 'source.state') }} as status,
        source.state as native_status,

        -- text
        warehouses.code as facility_id,
        source.carrier_id_name as carrier,
        source.carrier_tracking_ref as tracking_number,

        -- times
        case when source.state = 'done' then source.date_done end as shipped_at,
        cast(null as timestamptz) as delivered_at,
        orders._loaded_at as loaded_at
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    left join {{ source('odoo', 'odoo_operation_types') }} as operation_types
        on source.shop = operation_types.shop and source.picking_type_id_id = operation_types.id
    left join {{ source('odoo', 'odoo_warehouses') }} as warehouses
        on operation_types.shop = warehouses.shop and operation_types.warehouse_id_id = warehouses.id

)

select * from renamed
