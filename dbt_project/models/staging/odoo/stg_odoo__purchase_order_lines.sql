with orders as (

    select * from {{ source('odoo', 'odoo_purchase_orders') }}
    where _deleted_at is null

),

lines as (

    select * from {{ source('odoo', 'odoo_purchase_order_lines') }}
    where _deleted_at is null

),

products as (

    select * from {{ source('odoo', 'odoo_products') }}
    where _deleted_at is null

),

facilities as (

    select
        operation_types.shop,
        operation_types.id as operation_type_id,
        warehouses.code as facility_id
    from {{ source('odoo', 'odoo_operation_types') }} as operation_types
    inner join {{ source('odoo', 'odoo_warehouses') }} as warehouses
        on operation_types.shop = warehouses.shop and operation_types.warehouse_id_id = warehouses.id
    where operation_types._deleted_at is null and warehouses._deleted_at is null

),

receipts as (

    select
        shop,
        purchase_line_id_id as line_id,
        sum(product_qty) as quantity,
        max(date) as received_at,
        max(_loaded_at) as loaded_at
    from {{ source('odoo', 'odoo_receipts') }}
    where _deleted_at is null and state = 'done'
    group by shop, purchase_line_id_id

),

joined as (

    select
        lines.*,
        orders.state,
        orders.partner_id_id,
        orders.partner_id_name,
        orders.currency_id_name,
        orders.date_order,
        orders.date_approve,
        orders.date_planned as order_date_planned,
        products.default_code,
        facilities.facility_id,
        receipts.received_at,
        -- What arrived; a line that no transfer serves is received by hand.
        coalesce(receipts.quantity, lines.qty_received) as received,
        greatest(lines._loaded_at, orders._loaded_at, receipts.loaded_at) as loaded_at

    from lines
    inner join orders on lines.shop = orders.shop and lines.order_id_id = orders.id
    inner join products on lines.shop = products.shop and lines.product_id_id = products.id
    left join facilities on orders.shop = facilities.shop and orders.picking_type_id_id = facilities.operation_type_id
    left join receipts on lines.shop = receipts.shop and lines.id = receipts.line_id
    where
        orders.state in ('purchase', 'done', 'cancel')
        and products.default_code is not null
        -- A line deleted from a draft is never told of: it is only missing when the order is next written.
        and (orders.order_line @> to_jsonb(lines.id::bigint) or lines.write_date > orders.write_date)

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        shop,
        order_id_id as po_id,
        id as line_id,
        partner_id_id as supplier_id,
        partner_id_name as supplier,
        default_code as sku,
        facility_id,

        -- numerics
        round(product_uom_qty)::int as quantity,
        round(received)::int as received_quantity,

        -- status
        case
            when round(received, 6) >= product_uom_qty and received > 0 then 'received'
            when state = 'cancel' then 'cancelled'
            else 'open'
        end as status,

        -- money: bought by the dozen, the price is a dozen's
        case
            when product_qty is null or product_uom_qty = 0 or product_qty = product_uom_qty then price_unit
            else price_unit * product_qty / product_uom_qty
        end as unit_cost,
        currency_id_name as currency,

        -- times
        coalesce(date_approve, date_order) as ordered_at,
        coalesce(date_planned, order_date_planned) as expected_at,
        case when round(received, 6) >= product_uom_qty then received_at end as received_at,
        loaded_at

    from joined

)

select * from renamed
