-- Read twice below: were it made once, it would be made of all credit notes where one order is asked for.
with notes as not materialized (

    select * from {{ ref('stg_odoo__sale_invoices') }}
    where move_type = 'out_refund'

),

of_lines as (

    select
        notes.*,
        lines.line_id,
        lines.sku,
        lines.returned_pieces,
        refunded.quantity * lines.pieces_per_unit as quantity,
        refunded.amount as line_amount
    from notes
    inner join {{ ref('stg_odoo__sale_lines') }} as lines
        on notes.shop = lines.shop and notes.order_id = lines.order_id
    cross join
        lateral (
            select
                sum(invoiced.quantity) as quantity,
                sum(invoiced.price_total) as amount
            from {{ source('odoo', 'odoo_sale_invoice_lines') }} as invoiced
            where
                invoiced.shop = notes.shop and invoiced._parent_id = notes.order_id
                and invoiced._parent_position = notes.position
                and invoiced.sale_line_ids @> to_jsonb(lines.line_id::bigint)
        ) as refunded
    where refunded.amount is not null

),

-- What a credit note gives back beside the lines of the sale: goodwill, or cents of rounding.
of_orders as (

    select
        notes.*,
        cast(null as text) as line_id,
        cast(null as text) as sku,
        0 as returned_pieces,
        0 as quantity,
        notes.amount - given_back.amount as line_amount
    from notes
    left join lateral (
        select coalesce(sum(of_lines.line_amount), 0) as amount
        from of_lines
        where of_lines.shop = notes.shop and of_lines.order_id = notes.order_id and of_lines.invoice_id = notes.invoice_id
    ) as given_back on true
    where notes.amount <> given_back.amount

),

parts as (

    select * from of_lines
    union all
    select * from of_orders

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        shop,
        order_id,
        invoice_id as refund_id,
        line_id,
        sku,
        round(quantity)::int as quantity,

        -- statuses
        case when returned_pieces > 0 then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'parts.native_status') }} as status,
        native_status,
        ref as reason,

        -- amounts
        line_amount as amount,
        currency,
        returned_pieces > 0 as is_restocked,

        -- times
        created_at as requested_at,
        case when native_status in ('paid', 'in_payment') then updated_at end as completed_at,
        updated_at,
        loaded_at
    from parts

)

select * from renamed
