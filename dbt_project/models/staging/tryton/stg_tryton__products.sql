with products as (

    select * from {{ source('tryton', 'tryton_products') }}
    where _deleted_at is null

),

templates as (

    select * from {{ source('tryton', 'tryton_templates') }}
    where _deleted_at is null

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        products.shop,
        products.template as product_id,
        products.id as listing_id,
        products.code as sku,

        -- text
        templates.name as title,
        products.rec_name as listing_title,
        categories.name as category,

        -- numerics: a variant has the template's price unless it has one of its own
        coalesce(products.list_price, templates.list_price) as price,
        companies.currency_code as currency,
        products.cost_price as cost,
        round(templates.weight * weight_units.factor * 1000) as weight_g,

        -- write-back
        null::text as stock_ref,

        -- status
        case when products.active and coalesce(templates.active, true) then 'active' else 'inactive' end as status,

        -- times
        greatest(products.changed_at, templates.changed_at) as updated_at,
        greatest(products._loaded_at, templates._loaded_at) as loaded_at

    from products
    left join templates on products.shop = templates.shop and products.template = templates.id
    left join {{ source('tryton', 'tryton_units') }} as weight_units
        on templates.shop = weight_units.shop and templates.weight_uom = weight_units.id
    left join {{ source('tryton', 'tryton_categories') }} as categories
        on templates.shop = categories.shop and templates.categories ->> 0 = categories.id
    left join {{ source('tryton', 'tryton_companies') }} as companies
        on products.shop = companies.shop and companies._deleted_at is null
    -- Services are nothing that could be kept in a warehouse.
    where coalesce(templates.type, 'goods') = 'goods'

)

select * from renamed
