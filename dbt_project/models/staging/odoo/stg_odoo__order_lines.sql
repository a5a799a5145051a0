with source as (

    select * from {{ ref('stg_odoo__sale_lines') }}

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        source.shop,
        source.order_id,
        source.line_id,
        source.position,
        source.line_kind,
        source.product_id,
        source.listing_id,
        source.sku,
        source.title,

        -- amounts
        source.quantity,
        source.unit_price,
        source.discount_amount,
        source.tax_amount,
        source.total_amount,
        source.currency,

        -- quantities
        source.shipped_quantity,
        round(given_back.quantity * source.pieces_per_unit)::int as refunded_quantity,
        case
            when source.is_cancelled then greatest(source.quantity - source.shipped_quantity, 0) else 0
        end as cancelled_quantity,

        -- times
        source.promised_at,
        source.ordered_at,
        source.loaded_at
    from source
    left join lateral (
        select coalesce(sum(refunded.quantity), 0) as quantity
        from {{ ref('stg_odoo__sale_invoices') }} as notes
        inner join {{ source('odoo', 'odoo_sale_invoice_lines') }} as refunded
            on
                notes.shop = refunded.shop and notes.order_id = refunded._parent_id
                and notes.position = refunded._parent_position
        where
            notes.shop = source.shop and notes.order_id = source.order_id
            and notes.move_type = 'out_refund' and notes.state = 'posted'
            and refunded.sale_line_ids @> to_jsonb(source.line_id::bigint)
    ) as given_back on true

)

select * from renamed
