with source as (

    select * from {{ source('tryton', 'tryton_sales__lines') }}
    -- Titles, comments and subtotals are no lines.
    where type = 'line'

),

sales as (

    select * from {{ ref('stg_tryton__sales') }}

),

-- Every line in pieces, and its share of the tax, which only the sale knows.
counted as (

    select
        source.*,
        sales.tax_amount,
        sales.currency_code,
        sales.ordered_at,
        sales._loaded_at,
        sales.is_cancelled,
        sales.is_return,
        sales.state as sale_state,
        per_unit.pieces as pieces_per_unit,
        round(source.quantity * per_unit.pieces, 6) as pieces,
        -- With the module sale_discount the price without its discount.
        case
            when source.base_price > source.unit_price and source.quantity > 0
                then round(source.quantity * source.base_price, 2)
            else source.amount
        end as items_amount,
        source.amount * taxes.rate as tax_weight,
        sum(source.amount * taxes.rate) over (partition by source.shop, source._parent_id) as tax_weights
    from source
    inner join sales on source.shop = sales.shop and source._parent_id = sales.id
    cross join
        lateral (
            select coalesce(source.unit_factor / nullif(source.product_default_uom_factor, 0), 1) as pieces
        ) as per_unit
    left join lateral (
        select coalesce(sum(line_taxes.rate) filter (where line_taxes.type = 'percentage'), 0) as rate
        from {{ source('tryton', 'tryton_sale_line_taxes') }} as line_taxes
        where
            line_taxes.shop = source.shop and line_taxes._parent_id = source._parent_id
            and line_taxes._parent_position = source._position
    ) as taxes on true

),

renamed as (

    select
        -- ids
        counted.shop,
        counted._parent_id as order_id,
        counted.id as line_id,
        counted._position + 1 as position,
        case
            when counted.shipment_cost is not null then 'shipping'
            when counted.quantity < 0 or counted.amount < 0 then 'adjustment'
            else 'product'
        end as line_kind,
        counted.product_template as product_id,
        counted.product_id as listing_id,
        nullif(counted.product_code, '') as sku,
        counted.summary as title,

        -- amounts
        ceil(abs(counted.pieces))::int as quantity,
        case
            when counted.pieces = 0 then counted.unit_price
            when counted.items_amount = counted.amount and counted.pieces = counted.quantity then counted.unit_price
            else abs(counted.items_amount / ceil(abs(counted.pieces)))
        end as unit_price,
        counted.items_amount,
        counted.items_amount - counted.amount as discount_amount,
        coalesce(round(counted.tax_amount * counted.tax_weight / nullif(counted.tax_weights, 0), 2), 0) as tax_amount,
        counted.amount as total_amount,
        counted.currency_code as currency,

        -- quantities
        least(ceil(abs(counted.pieces)), floor(moved.sent))::int as shipped_quantity,
        moved.came_back as returned_pieces,
        coalesce(counted.product_type in ('goods', 'assets'), false) as is_moved,
        counted.pieces_per_unit,
        counted.is_cancelled,
        -- Of a sale that is done, a move that was cancelled was let go: its pieces do not leave any more.
        counted.sale_state = 'done' and moved.is_any_cancelled as is_let_go,
        counted.is_return,

        -- times
        counted.ordered_at,
        counted._loaded_at as loaded_at
    from counted
    left join lateral (
        select
            coalesce(
                sum(moves.internal_quantity) filter (where moves.state = 'done' and moves.to_location_type = 'customer'), 0
            ) as sent,
            coalesce(
                sum(moves.internal_quantity) filter (where moves.state = 'done' and moves.from_location_type = 'customer'), 0
            ) as came_back,
            coalesce(bool_or(moves.state = 'cancelled'), false) as is_any_cancelled
        from {{ source('tryton', 'tryton_sales__moves') }} as moves
        where
            moves.shop = counted.shop and moves._parent_id = counted._parent_id
            and moves.origin = 'sale.line,' || counted.id
    ) as moved on true

)

select * from renamed
