with source as (

    select * from {{ source('odoo', 'odoo_sale_orders__order_line') }}
    -- Headings and notes are no lines; a down payment asked for stands in the order with no quantity.
    where display_type is null and not coalesce(is_downpayment, false)

),

orders as (

    select * from {{ source('raw', 'odoo_sale_orders') }}

),

products as (

    select * from {{ source('odoo', 'odoo_products') }}

),

units as (

    select
        shop,
        id,
        -- Until Odoo 18 `factor` is how many units the reference holds, since 19 how many references the unit holds.
        coalesce(factor_inv, factor) as per_unit
    from {{ source('odoo', 'odoo_units') }}

),

-- Every line in pieces, and in the way that its price is meant.
priced as (

    select
        source.*,
        orders.currency_id_name,
        orders.date_order,
        orders.commitment_date,
        orders.write_date,
        orders._loaded_at,
        orders.state = 'cancel' or orders.state in ('draft', 'sent') or orders._deleted_at is not null as is_cancelled,
        products.default_code,
        products.product_tmpl_id_id,
        money.gross,
        case when money.is_included then source.price_total else source.price_subtotal end as net,
        case when money.is_included then 0 else source.price_tax end as tax,
        money.is_included,
        coalesce(line_units.per_unit / nullif(product_units.per_unit, 0), 1) as pieces_per_unit
    from source
    inner join orders on source.shop = orders.shop and source._parent_id = orders.id
    left join products on source.shop = products.shop and source.product_id_id = products.id
    left join units as line_units
        on source.shop = line_units.shop and coalesce(source.product_uom_id, source.product_uom_id_id) = line_units.id
    left join units as product_units on products.shop = product_units.shop and products.uom_id_id = product_units.id
    -- Whether prices hold their tax is a property of each tax: the discounted price is then the total, else the subtotal.
    cross join lateral (
        select
            source.product_uom_qty * source.price_unit as gross,
            source.price_tax <> 0
            and abs(source.product_uom_qty * source.price_unit * (1 - source.discount / 100) - source.price_total)
            < abs(source.product_uom_qty * source.price_unit * (1 - source.discount / 100) - source.price_subtotal) as is_included
    ) as money

),

counted as (

    select
        priced.*,
        -- Only a discount makes the line less than its pieces cost; what rounding leaves is the price's.
        case when discount > 0 and abs(gross) > abs(net) then gross else net end as items_amount,
        round(product_uom_qty * pieces_per_unit, 6) as pieces,
        round(qty_delivered * pieces_per_unit, 6) as delivered
    from priced

),

renamed as (

    select
        -- ids
        counted.shop,
        counted._parent_id as order_id,
        counted.id as line_id,
        counted._position + 1 as position,
        case
            when counted.is_delivery then 'shipping'
            when counted.product_uom_qty < 0 or counted.net < 0 then 'adjustment'
            else 'product'
        end as line_kind,
        counted.product_tmpl_id_id as product_id,
        counted.product_id_id as listing_id,
        counted.default_code as sku,
        counted.name as title,

        -- amounts
        ceil(counted.pieces)::int as quantity,
        case
            when counted.pieces = 0 then counted.price_unit
            when counted.items_amount = counted.gross and counted.pieces = counted.product_uom_qty then counted.price_unit
            else counted.items_amount / ceil(counted.pieces)
        end as unit_price,
        counted.items_amount,
        counted.items_amount - counted.net as discount_amount,
        counted.tax as tax_amount,
        counted.net as total_amount,
        counted.is_included,
        counted.currency_id_name as currency,

        -- quantities: Odoo takes what came back off what was delivered, but it did leave
        least(ceil(counted.pieces), floor(counted.delivered + coalesce(back.pieces, 0)))::int as shipped_quantity,
        coalesce(back.pieces, 0) as returned_pieces,
        counted.delivered >= counted.pieces as is_delivered,
        coalesce(counted.qty_delivered_method, 'stock_move') = 'stock_move' as is_moved,
        counted.pieces_per_unit,
        counted.is_cancelled,

        -- times
        counted.commitment_date as promised_at,
        counted.date_order as ordered_at,
        counted._loaded_at as loaded_at
    from counted
    -- Of a kit its components come back: as many kits as of the component that most came back of.
    left join lateral (
        select
            coalesce(
                sum(returns.product_qty) filter (where returns.product_id_id = counted.product_id_id), max(returns.product_qty)
            ) as pieces
        from {{ source('odoo', 'odoo_sale_orders__returns') }} as returns
        where
            returns.shop = counted.shop and returns._parent_id = counted._parent_id
            and returns.sale_line_id_id = counted.id and returns.to_refund
    ) as back on true

)

select * from renamed
