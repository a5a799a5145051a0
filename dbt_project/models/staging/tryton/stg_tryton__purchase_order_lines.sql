with purchases as (

    select * from {{ source('tryton', 'tryton_purchases') }}
    where _deleted_at is null and state in ('confirmed', 'processing', 'done', 'cancelled')

),

lines as (

    select * from {{ source('tryton', 'tryton_purchase_lines') }}
    -- A line below zero sends goods back to the supplier.
    where _deleted_at is null and type = 'line' and quantity > 0

),

receipts as (

    select
        shop,
        split_part(origin, ',', 2) as line_id,
        coalesce(sum(internal_quantity) filter (where state = 'done'), 0) as quantity,
        max(effective_date) filter (where state = 'done') as received_on,
        min(planned_date) filter (where state in ('draft', 'assigned')) as planned_on,
        max(_loaded_at) as loaded_at
    from {{ source('tryton', 'tryton_receipts') }}
    where _deleted_at is null
    group by shop, split_part(origin, ',', 2)

),

shops as (

    select
        shop,
        timezone
    from {{ source('raw', 'shops') }}
    where channel = 'tryton'

),

joined as (

    select
        lines.*,
        purchases.state,
        purchases.shipment_state,
        purchases.party_id,
        purchases.party_name,
        purchases.currency_code,
        purchases.purchase_date,
        purchases.create_date as purchase_created_at,
        purchases.warehouse,
        products.code,
        receipts.received_on,
        shops.timezone,
        coalesce(receipts.planned_on, lines.delivery_date, purchases.delivery_date) as expected_on,
        coalesce(receipts.quantity, 0) as received,
        -- Bought by the dozen, in pieces of the product.
        lines.quantity * coalesce(line_units.factor / nullif(units.factor, 0), 1) as pieces,
        greatest(lines._loaded_at, purchases._loaded_at, receipts.loaded_at) as loaded_at

    from lines
    inner join purchases on lines.shop = purchases.shop and lines.purchase = purchases.id
    inner join {{ source('tryton', 'tryton_products') }} as products on lines.shop = products.shop and lines.product = products.id
    inner join {{ source('tryton', 'tryton_templates') }} as templates
        on products.shop = templates.shop and products.template = templates.id
    inner join shops on lines.shop = shops.shop
    left join {{ source('tryton', 'tryton_units') }} as units on templates.shop = units.shop and templates.default_uom = units.id
    left join {{ source('tryton', 'tryton_units') }} as line_units on lines.shop = line_units.shop and lines.unit = line_units.id
    left join receipts on lines.shop = receipts.shop and lines.id = receipts.line_id
    where
        products.code <> ''
        and templates.type = 'goods'
        -- A line deleted from a draft is never told of: it is only missing when the purchase is next written.
        and (purchases.lines @> to_jsonb(lines.id::bigint) or lines.changed_at > purchases.changed_at)

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        joined.shop,
        joined.purchase as po_id,
        joined.id as line_id,
        joined.party_id as supplier_id,
        joined.party_name as supplier,
        joined.code as sku,
        warehouses.facility_id,

        -- numerics
        round(joined.pieces)::int as quantity,
        round(joined.received)::int as received_quantity,

        -- status: of a purchase that is done, or all received, nothing more will come
        case
            when round(joined.received, 6) >= round(joined.pieces, 6) then 'received'
            when joined.state in ('cancelled', 'done') or joined.shipment_state = 'received' then 'cancelled'
            else 'open'
        end as status,

        -- money: bought by the dozen, the price is a dozen's
        case
            when joined.pieces = joined.quantity then joined.unit_price
            else joined.unit_price * joined.quantity / joined.pieces
        end as unit_cost,
        joined.currency_code as currency,

        -- times: Tryton keeps days, which begin where the company is
        coalesce(joined.purchase_date::timestamp at time zone joined.timezone, joined.purchase_created_at) as ordered_at,
        joined.expected_on::timestamp at time zone joined.timezone as expected_at,
        case
            when round(joined.received, 6) >= round(joined.pieces, 6)
                then joined.received_on::timestamp at time zone joined.timezone
        end as received_at,
        joined.loaded_at

    from joined
    left join {{ ref('stg_tryton__warehouses') }} as warehouses
        on joined.shop = warehouses.shop and joined.warehouse = warehouses.warehouse_id

)

select * from renamed
