with source as (

    select * from {{ source('raw', 'vendure_orders__lines') }}

),

-- A line that lost pieces shows what is left of it; it is put back to what was placed.
placed as (

    select
        source.*,
        settings.prices_include_tax,
        settings.scale,
        greatest(source.quantity, source.order_placed_quantity) as pieces,
        source.quantity >= source.order_placed_quantity as is_whole,
        case when settings.prices_include_tax then source.unit_price_with_tax else source.unit_price end as unit_minor,
        case
            -- What a discount took off a line of which nothing is left is no longer told.
            when source.quantity = 0 and settings.prices_include_tax then source.unit_price_with_tax
            when source.quantity = 0 then source.unit_price
            when settings.prices_include_tax then source.prorated_unit_price_with_tax
            else source.prorated_unit_price
        end as prorated_unit_minor
    from source
    left join lateral (
        select
            coalesce(bool_or(channels.prices_include_tax), false) as prices_include_tax,
            power(10::numeric, coalesce(max(channels.money_strategy_precision), 2)) as scale
        from {{ source('raw', 'vendure_channels') }} as channels
        where channels.shop = source.shop and channels._deleted_at is null
    ) as settings on true

),

netted as (

    select
        placed.*,
        case
            when not placed.is_whole then placed.pieces * placed.prorated_unit_minor
            when placed.prices_include_tax then placed.prorated_line_price_with_tax
            else placed.prorated_line_price
        end as net_minor
    from placed

),

renamed as (

    select
        -- ids
        shop,
        _parent_id as order_id,
        id as line_id,
        _position,

        -- quantities: what was placed, and what is left of it
        pieces::int as quantity,
        quantity::int as kept_quantity,

        -- amounts
        trim_scale(unit_minor / scale) as unit_price,
        trim_scale((pieces * unit_minor - net_minor) / scale) as discount_amount,
        trim_scale(case
            when prices_include_tax then 0
            when is_whole then prorated_line_price_with_tax - prorated_line_price
            else round(net_minor * tax_rate / 100)
        end / scale) as tax_amount,
        trim_scale(net_minor / scale) as total_amount
    from netted

)

select * from renamed
