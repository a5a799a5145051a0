-- What invoices a sale: a line of an invoice names the line of the sale, and one of a credit note the line that it credits.
with invoiced as (

    select * from {{ source('tryton', 'tryton_sale_invoice_lines') }}
    where type = 'line'

),

credited as (

    select * from {{ source('tryton', 'tryton_sale_credit_lines') }}
    where type = 'line'

),

sale_lines as (

    select * from {{ source('tryton', 'tryton_sales__lines') }}

),

parts as (

    select
        invoiced.*,
        'invoice' as kind,
        invoiced.origin as sale_line
    from invoiced
    union all
    select
        credited.*,
        'credit' as kind,
        original.origin as sale_line
    from credited
    left join lateral (
        select invoiced.origin
        from invoiced
        where
            invoiced.shop = credited.shop and invoiced._parent_id = credited._parent_id
            and credited.origin = 'account.invoice.line,' || invoiced.id
    ) as original on true

),

renamed as (

    select
        -- ids
        parts.shop,
        parts._parent_id as order_id,
        parts.kind,
        parts._parent_position as position,
        parts.id as invoice_line_id,
        sale_lines.id as line_id,
        coalesce(parts.origin like any(array['sale.line,%', 'account.invoice.line,%']), false) as is_of_a_sale,

        -- numerics
        parts.quantity,
        parts.amount
    from parts
    left join sale_lines
        on
            parts.shop = sale_lines.shop and parts._parent_id = sale_lines._parent_id
            and parts.sale_line = 'sale.line,' || sale_lines.id

)

select * from renamed
