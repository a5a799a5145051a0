with products as (

    select * from {{ source('odoo', 'odoo_products') }}
    where _deleted_at is null

),

templates as (

    select * from {{ source('odoo', 'odoo_templates') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        products.shop,
        products.product_tmpl_id_id as product_id,
        products.id as listing_id,
        products.default_code as sku,

        -- text
        coalesce(templates.name, products.product_tmpl_id_name) as title,
        products.display_name as listing_title,
        split_part(templates.categ_id_name, ' / ', -1) as category,

        -- numerics
        templates.list_price + products.price_extra as price,
        templates.currency_id_name as currency,
        products.standard_price as cost,
        round(products.weight * 1000) as weight_g,

        -- write-back
        null::text as stock_ref,

        -- status
        case when products.active and coalesce(templates.active, true) then 'active' else 'inactive' end as status,

        -- times
        greatest(products.write_date, templates.write_date) as updated_at,
        greatest(products._loaded_at, templates._loaded_at) as loaded_at

    from products
    left join templates on products.shop = templates.shop and products.product_tmpl_id_id = templates.id

)

select * from renamed
