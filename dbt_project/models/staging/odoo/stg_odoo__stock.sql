with quants as (

    select * from {{ source('odoo', 'odoo_quants') }}
    where _deleted_at is null

),

locations as (

    select * from {{ source('odoo', 'odoo_locations') }}
    where _deleted_at is null

),

warehouses as (

    select * from {{ source('odoo', 'odoo_warehouses') }}
    where _deleted_at is null

),

products as (

    select * from {{ source('odoo', 'odoo_products') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        quants.shop,
        warehouses.code as facility_id,
        products.default_code as sku,

        -- numerics: part of a piece can't be sold, and holds all of it back. Odoo adds quantities as floats, which leaves crumbs.
        floor(round(sum(quants.quantity), 6))::int as on_hand,
        ceil(round(sum(quants.reserved_quantity), 6))::int as reserved,

        -- times: a count is true when it is read
        max(quants._received_at) as as_of,
        max(quants._loaded_at) as loaded_at

    from quants
    inner join locations on quants.shop = locations.shop and quants.location_id_id = locations.id
    inner join warehouses on locations.shop = warehouses.shop and locations.warehouse_id_id = warehouses.id
    inner join products on quants.shop = products.shop and quants.product_id_id = products.id
    where products.default_code is not null
    group by quants.shop, warehouses.code, products.default_code

)

select * from renamed
