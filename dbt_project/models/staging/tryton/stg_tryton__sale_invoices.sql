with source as (

    select
        'invoice' as kind,
        invoices.*
    from {{ source('tryton', 'tryton_sales__invoices') }} as invoices
    union all
    select
        'credit' as kind,
        credits.*
    from {{ source('tryton', 'tryton_sales__credits') }} as credits

),

sales as (

    select * from {{ ref('stg_tryton__sales') }}

),

-- One invoice may be for several sales: each has the share that its lines have.
shared as (

    select
        source.*,
        sales.timezone,
        sales.is_return,
        sales._loaded_at,
        case when lines.own = lines.linked or lines.linked = 0 then 1 else lines.own / lines.linked end as share,
        case
            when source.state = 'paid' then source.total_amount
            when source.state = 'posted' then source.total_amount - source.amount_to_pay
            else 0
        end as settled
    from source
    inner join sales on source.shop = sales.shop and source._parent_id = sales.id
    left join lateral (
        select
            coalesce(sum(invoiced.amount) filter (where invoiced.is_of_a_sale), 0) as linked,
            coalesce(sum(invoiced.amount) filter (where invoiced.line_id is not null), 0) as own
        from {{ ref('stg_tryton__sale_invoice_lines') }} as invoiced
        where
            invoiced.shop = source.shop and invoiced.order_id = source._parent_id
            and invoiced.kind = source.kind and invoiced.position = source._position
    ) as lines on true

),

renamed as (

    select
        -- ids
        shop,
        _parent_id as order_id,
        kind,
        _position as position,
        id as invoice_id,
        number,

        -- statuses: a credit note that cancels an invoice gives no money back
        state,
        total_amount < 0 as is_credit_note,
        kind = 'credit' and exists (
            select 1
            from {{ source('tryton', 'tryton_sale_credit_lines') }} as credited
            inner join {{ source('tryton', 'tryton_sale_invoice_lines') }} as invoiced
                on
                    credited.shop = invoiced.shop and credited._parent_id = invoiced._parent_id
                    and credited.origin = 'account.invoice.line,' || invoiced.id
            inner join {{ source('tryton', 'tryton_sales__invoices') }} as invoices
                on
                    invoiced.shop = invoices.shop and invoiced._parent_id = invoices._parent_id
                    and invoiced._parent_position = invoices._position
            where
                credited.shop = shared.shop and credited._parent_id = shared._parent_id
                and credited._parent_position = shared._position and invoices.state = 'cancelled'
        ) as is_cancellation,
        is_return,

        -- amounts
        case when share = 1 then total_amount else round(total_amount * share, 2) end as amount,
        case when share = 1 then settled else round(settled * share, 2) end as settled_amount,
        currency_code as currency,

        -- times
        create_date as created_at,
        coalesce(write_date, create_date) as updated_at,
        case
            when state = 'paid' then {{ tryton_moment('reconciled', 'write_date', 'timezone') }}
            when state = 'posted' and settled <> 0 then write_date
        end as settled_at,
        _loaded_at as loaded_at
    from shared

)

select * from renamed
