-- A return is a sale below zero, whose lines copy those of the sale that it names; the invoice of it is the credit note.
with returns as (

    select
        sales.*,
        case
            when sales.is_cancelled then 'cancelled'
            when sales.invoice_state = 'paid' then 'paid'
            else sales.state
        end as native_status
    from {{ ref('stg_tryton__sales') }} as sales
    where sales.is_return

),

of_returns as (

    select
        returns.shop,
        returns.returned_id as order_id,
        'sale.sale,' || returns.id as refund_id,
        sold.line_id,
        lines.sku,
        lines.quantity,
        lines.is_moved as is_return,
        lines.returned_pieces > 0 as is_restocked,
        returns.native_status,
        -lines.total_amount - lines.tax_amount as amount,
        -returns.total_amount as whole_amount,
        returns.currency_code as currency,
        returns.ordered_at as requested_at,
        returns.changed_at as updated_at,
        settled.settled_at,
        returns._loaded_at as loaded_at
    from returns
    inner join {{ ref('stg_tryton__sale_lines') }} as lines on returns.shop = lines.shop and returns.id = lines.order_id
    left join lateral (
        select max(sale_invoices.settled_at) as settled_at
        from {{ ref('stg_tryton__sale_invoices') }} as sale_invoices
        where sale_invoices.shop = returns.shop and sale_invoices.order_id = returns.id
    ) as settled on true
    left join lateral (
        select candidates.line_id
        from {{ ref('stg_tryton__sale_lines') }} as candidates
        where
            candidates.shop = returns.shop and candidates.order_id = returns.returned_id
            and candidates.listing_id = lines.listing_id and candidates.line_kind = 'product'
        order by candidates.quantity < lines.quantity, candidates.position
        limit 1
    ) as sold on true

),

notes as (

    select * from {{ ref('stg_tryton__sale_invoices') }}
    where is_credit_note and not is_return and not is_cancellation

),

of_notes as (

    select
        notes.shop,
        notes.order_id,
        'account.invoice,' || notes.invoice_id as refund_id,
        credited.line_id,
        lines.sku,
        abs(round(credited.quantity * coalesce(lines.pieces_per_unit, 1)))::int as quantity,
        false as is_return,
        false as is_restocked,
        notes.state as native_status,
        -- A credit note's tax, too, is by its lines.
        round(notes.amount * credited.amount / nullif(credited.whole, 0), 2) * -1 as amount,
        -notes.amount as whole_amount,
        notes.currency,
        notes.created_at as requested_at,
        notes.updated_at,
        notes.settled_at,
        notes.loaded_at
    from notes
    inner join (
        select
            parts.*,
            sum(parts.amount) over (partition by parts.shop, parts.order_id, parts.kind, parts.position) as whole
        from {{ ref('stg_tryton__sale_invoice_lines') }} as parts
    ) as credited
        on
            notes.shop = credited.shop and notes.order_id = credited.order_id
            and notes.kind = credited.kind and notes.position = credited.position
    left join {{ ref('stg_tryton__sale_lines') }} as lines
        on credited.shop = lines.shop and credited.order_id = lines.order_id and credited.line_id = lines.line_id

),

parts as (

    select * from of_returns
    union all
    select * from of_notes

),

-- One row a line, and the cents that rounding leaves on the first of them.
summed as (

    select
        shop,
        order_id,
        refund_id,
        line_id,
        min(sku) as sku,
        case when line_id is null then 0 else sum(quantity)::int end as quantity,
        bool_or(is_return) as is_return,
        bool_or(is_restocked) as is_restocked,
        min(native_status) as native_status,
        sum(amount) as amount,
        max(whole_amount) as whole_amount,
        min(currency) as currency,
        min(requested_at) as requested_at,
        max(updated_at) as updated_at,
        max(settled_at) as settled_at,
        max(loaded_at) as loaded_at,
        sum(sum(amount)) over (partition by shop, order_id, refund_id) as told_amount,
        row_number() over (partition by shop, order_id, refund_id order by line_id::bigint) as number
    from parts
    group by shop, order_id, refund_id, line_id

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        shop,
        order_id,
        refund_id,
        line_id,
        sku,
        quantity,

        -- statuses
        case when is_return then 'return' else 'refund' end as kind,
        {{ map_status('refund', 'summed.native_status') }} as status,
        native_status,
        cast(null as text) as reason,

        -- amounts
        case when number = 1 then amount + whole_amount - told_amount else amount end as amount,
        currency,
        is_restocked,

        -- times
        requested_at,
        case when native_status = 'paid' then settled_at end as completed_at,
        updated_at,
        loaded_at
    from summed

)

select * from renamed
