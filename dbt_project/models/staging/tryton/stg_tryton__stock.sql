with stock as (

    select * from {{ source('tryton', 'tryton_stock') }}
    where _deleted_at is null

),

products as (

    select * from {{ source('tryton', 'tryton_products') }}
    where _deleted_at is null and code <> ''

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        stock.shop,
        warehouses.facility_id,
        products.code as sku,

        -- numerics: part of a piece can't be sold, and holds all of it back. Tryton adds floats, which leaves crumbs.
        floor(round(sum(stock.quantity), 6))::int as on_hand,
        greatest(ceil(round(sum(stock.quantity - stock.free), 6)), 0)::int as reserved,

        -- times: a count is true when it is read
        max(stock._received_at) as as_of,
        max(stock._loaded_at) as loaded_at

    from stock
    inner join {{ ref('stg_tryton__warehouses') }} as warehouses
        on stock.shop = warehouses.shop and stock.warehouse = warehouses.warehouse_id
    inner join products on stock.shop = products.shop and stock.id = products.id
    group by stock.shop, warehouses.facility_id, products.code

)

select * from renamed
