with boms as (

    select * from {{ source('odoo', 'odoo_boms') }}
    where _deleted_at is null

),

bom_lines as (

    select * from {{ source('odoo', 'odoo_bom_lines') }}
    where _deleted_at is null

),

products as (

    select * from {{ source('odoo', 'odoo_products') }}
    where _deleted_at is null and default_code is not null

),

-- As Odoo picks: the variant's own kit before the template's, then by sequence.
kits as (

    select distinct on (products.shop, products.default_code)
        products.shop,
        products.default_code as bundle_sku,
        boms.id as bom_id,
        boms.product_qty,
        boms._loaded_at
    from products
    inner join boms
        on products.shop = boms.shop
            and products.product_tmpl_id_id = boms.product_tmpl_id_id
            and (boms.product_id_id is null or products.id = boms.product_id_id)
    order by products.shop, products.default_code, boms.product_id_id is null, boms.sequence, boms.id::bigint

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        kits.shop,
        kits.bundle_sku,
        products.default_code as component_sku,

        -- numerics
        ceil(sum(bom_lines.product_qty / kits.product_qty))::int as quantity,

        -- times
        max(greatest(bom_lines._loaded_at, kits._loaded_at)) as loaded_at

    from kits
    inner join bom_lines on kits.shop = bom_lines.shop and kits.bom_id = bom_lines.bom_id_id
    inner join products on bom_lines.shop = products.shop and bom_lines.product_id_id = products.id
    group by kits.shop, kits.bundle_sku, products.default_code

)

select * from renamed
