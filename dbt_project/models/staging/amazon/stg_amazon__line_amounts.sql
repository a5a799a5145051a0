with source as (

    select * from {{ source('raw', 'amazon_orders__order_items') }}

),

summed as (

    select
        source.shop,
        source._parent_order_id as order_id,
        source._position,
        source.quantity_ordered,
        coalesce(
            source.product_price_unit_price_amount,
            trim_scale(round(proceeds.item / nullif(source.quantity_ordered, 0), 4)),
            0
        ) as unit_price,
        proceeds.discount as discount_amount,
        proceeds.shipping as shipping_amount,
        proceeds.tax as tax_amount,
        source.proceeds_proceeds_total_amount as proceeds_amount
    from source
    -- Amazon does not say with which sign it writes a discount: it is taken off either way.
    left join lateral (
        select
            sum(parts.subtotal_amount) filter (where parts.type = 'ITEM') as item,
            coalesce(sum(abs(parts.subtotal_amount)) filter (where parts.type = 'DISCOUNT'), 0) as discount,
            coalesce(sum(parts.subtotal_amount) filter (where parts.type = 'SHIPPING'), 0) as shipping,
            coalesce(sum(parts.subtotal_amount) filter (where parts.type = 'TAX'), 0) as tax
        from {{ source('raw', 'amazon_item_proceeds') }} as parts
        where
            parts.shop = source.shop and parts._parent_order_id = source._parent_order_id
            and parts._parent_position = source._position
    ) as proceeds on true

)

select * from summed
