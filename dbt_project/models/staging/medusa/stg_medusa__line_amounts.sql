-- Worked out from prices, discounts and rates, which stay: Medusa's own totals of a line shrink with every return.
with items as (

    select * from {{ source('raw', 'medusa_orders__items') }}

),

summed as (

    select
        items.*,
        coalesce(discounts.amount, 0) as discount_amount,
        case when items.is_tax_inclusive then 0 else coalesce(taxes.rate, 0) end as rate
    from items
    left join lateral (
        select sum(adjustments.raw_amount_value) as amount
        from {{ source('raw', 'medusa_line_discounts') }} as adjustments
        where
            adjustments.shop = items.shop and adjustments._parent_id = items._parent_id
            and adjustments._parent_position = items._position
    ) as discounts on true
    left join lateral (
        select sum(tax_lines.raw_rate_value) as rate
        from {{ source('raw', 'medusa_line_taxes') }} as tax_lines
        where
            tax_lines.shop = items.shop and tax_lines._parent_id = items._parent_id
            and tax_lines._parent_position = items._position
    ) as taxes on true

)

select
    shop,
    _parent_id as order_id,
    _position as position,
    id as line_id,
    product_id,
    variant_id,
    variant_sku,
    coalesce(product_title, title) as title,
    is_giftcard,
    detail_raw_quantity_value as quantity,
    detail_raw_shipped_quantity_value as shipped_quantity,
    detail_raw_return_received_quantity_value + detail_raw_return_dismissed_quantity_value as returned_quantity,
    raw_unit_price_value as unit_price,
    raw_unit_price_value * detail_raw_quantity_value as gross_amount,
    discount_amount,
    raw_unit_price_value * detail_raw_quantity_value - discount_amount as net_amount,
    trim_scale((raw_unit_price_value * detail_raw_quantity_value - discount_amount) * rate / 100) as tax_amount
from summed
