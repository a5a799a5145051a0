with own as (

    select
        payments.*,
        sales.timezone,
        sales.currency_code,
        sales._loaded_at,
        case when payments.state = 'succeeded' then payments.amount else 0 end as received
    from {{ source('tryton', 'tryton_sales__payments') }} as payments
    inner join {{ ref('stg_tryton__sales') }} as sales on payments.shop = sales.shop and payments._parent_id = sales.id
    where payments.kind = 'receivable' and not sales.is_return

),

invoices as (

    select
        sale_invoices.*,
        sum(settled_amount) over (partition by shop, order_id order by invoice_id::bigint) as settled_so_far
    from {{ ref('stg_tryton__sale_invoices') }} as sale_invoices
    where not is_credit_note and not is_return and state in ('posted', 'paid')

),

-- What was paid for the sale itself settles its invoices; what is settled beyond that was paid for them.
beyond as (

    select
        invoices.*,
        greatest(least(invoices.settled_amount, invoices.settled_so_far - ahead.amount), 0) as received
    from invoices
    left join lateral (
        select coalesce(sum(own.received), 0) as amount
        from own
        where own.shop = invoices.shop and own._parent_id = invoices.order_id
    ) as ahead on true

),

parts as (

    select
        shop,
        _parent_id as order_id,
        'account.payment,' || id as payment_id,
        state as native_status,
        state,
        journal_name as method,
        amount,
        currency_code as currency,
        case
            when state = 'succeeded'
                then {{ tryton_moment('date', 'coalesce(write_date, create_date)', 'timezone') }}
        end as paid_at,
        _loaded_at as loaded_at
    from own
    union all
    select
        shop,
        order_id,
        'account.invoice,' || invoice_id as payment_id,
        state as native_status,
        case when received > 0 then 'paid' else state end as state,
        number as method,
        case when received > 0 then received else amount end as amount,
        currency,
        case when received > 0 then settled_at end as paid_at,
        loaded_at
    from beyond
    where received > 0 or settled_amount = 0 and amount > 0

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        shop,
        order_id,
        payment_id,

        -- statuses
        'payment' as kind,
        {{ map_status('transaction', 'parts.state') }} as status,
        native_status,
        method,

        -- amounts
        amount,
        currency,

        -- times
        paid_at,
        loaded_at
    from parts

)

select * from renamed
