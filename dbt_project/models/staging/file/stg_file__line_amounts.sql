with source as (

    select * from {{ source('raw', 'file_order_lines__lines') }}

),

renamed as (

    select
        -- ids
        source.shop,
        source._parent_order_id as order_id,
        source._parent_part as part,
        source._position,
        source.line_id,
        source.line_kind,
        source.product_id,
        source.listing_id,
        source.sku,
        source.title,

        -- what its money is in the order's sum
        case
            when source.line_kind = 'shipping' then 'shipping'
            when source.line_kind in ('fee', 'adjustment') then 'adjustment'
            else 'items'
        end as role,

        -- amounts: a stated total is kept to the cent, the unit price then follows from it
        coalesce(source.total_amount + coalesce(source.discount_amount, 0), source.quantity * source.unit_price) as gross_amount,
        coalesce(source.discount_amount, 0) as discount_amount,
        coalesce(source.total_amount, source.quantity * source.unit_price - coalesce(source.discount_amount, 0)) as net_amount,
        coalesce(source.shipping_amount, 0) as shipping_amount,
        coalesce(source.tax_amount, 0) as tax_amount,
        source.unit_price,

        -- pieces and times
        source.quantity,
        source.shipped_quantity,
        source.refunded_quantity,
        source.cancelled_quantity,
        source.promised_at
    from source

)

select * from renamed
