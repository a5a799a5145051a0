with source as (

    select * from {{ ref('stg_tryton__sales') }}
    where not is_return

),

summed as (

    select
        source.*,
        coalesce(lines.items_amount, 0) as items_amount,
        coalesce(lines.discount_amount, 0) as discount_amount,
        coalesce(lines.shipping_amount, 0) as shipping_amount,
        coalesce(refunds.amount, 0) as refunded_amount,
        greatest(invoices.settled_amount, payments.amount, 0) as paid_amount,
        greatest(invoices.settled_at, payments.paid_at) as paid_at,
        warehouses.facility_id,
        case
            when source.shipment_state = 'sent' and lines.is_all_let_go then 'none'
            -- Before it is processed, a sale of goods has no shipment either.
            when source.shipment_state = 'none' and source.state <> 'done' and coalesce(lines.is_any_moved, false) then 'waiting'
            else source.shipment_state
        end as fulfilment_word
    from source
    left join lateral (
        select
            sum(sale_lines.items_amount) filter (where sale_lines.line_kind = 'product') as items_amount,
            sum(sale_lines.discount_amount) filter (where sale_lines.line_kind = 'product') as discount_amount,
            sum(sale_lines.total_amount) filter (where sale_lines.line_kind = 'shipping') as shipping_amount,
            bool_or(sale_lines.is_moved and sale_lines.line_kind = 'product') as is_any_moved,
            bool_and(sale_lines.is_let_go and sale_lines.shipped_quantity = 0) filter (where sale_lines.is_moved) as is_all_let_go
        from {{ ref('stg_tryton__sale_lines') }} as sale_lines
        where sale_lines.shop = source.shop and sale_lines.order_id = source.id
    ) as lines on true
    left join lateral (
        select
            coalesce(sum(sale_invoices.settled_amount), 0) as settled_amount,
            max(sale_invoices.settled_at) as settled_at
        from {{ ref('stg_tryton__sale_invoices') }} as sale_invoices
        where
            sale_invoices.shop = source.shop and sale_invoices.order_id = source.id and not sale_invoices.is_credit_note
    ) as invoices on true
    left join lateral (
        select
            coalesce(sum(case when paid.kind = 'payable' then -paid.amount else paid.amount end), 0) as amount,
            max({{ tryton_moment('paid.date', 'coalesce(paid.write_date, paid.create_date)', 'source.timezone') }}) as paid_at
        from {{ source('tryton', 'tryton_sales__payments') }} as paid
        where paid.shop = source.shop and paid._parent_id = source.id and paid.state = 'succeeded'
    ) as payments on true
    left join lateral (
        select sum(given_back.amount) as amount
        from {{ ref('stg_tryton__refunds') }} as given_back
        where given_back.shop = source.shop and given_back.order_id = source.id and given_back.status = 'completed'
    ) as refunds on true
    left join {{ ref('stg_tryton__warehouses') }} as warehouses
        on source.shop = warehouses.shop and source.warehouse = warehouses.warehouse_id

),

renamed as (

    select
        -- ids
        'tryton' as channel,
        summed.shop,
        summed.id as order_id,
        coalesce(nullif(summed.number, ''), summed.id) as order_number,
        case when summed.total_amount < 0 then 'adjustment' else 'sale' end as order_kind,
        -- a customer who was erased is 0
        nullif(summed.party_id, '0') as customer_id,
        summed.currency_code as currency,

        -- statuses
        case when summed.is_cancelled then 'cancelled' else {{ map_status('order', 'summed.state') }} end as order_status,
        case
            when summed.total_amount = 0 then 'paid'
            when summed.refunded_amount > 0 and summed.paid_amount > 0
                then case when summed.refunded_amount >= summed.paid_amount then 'refunded' else 'partially_refunded' end
            when summed.paid_amount > 0
                then case when summed.paid_amount >= summed.total_amount then 'paid' else 'partially_paid' end
            -- What was invoiced is cancelled.
            when summed.invoice_state = 'paid' and summed.total_amount > 0 then 'voided'
            else {{ map_status('payment', 'summed.invoice_state') }}
        end as payment_status,
        {{ map_status('fulfilment', 'summed.fulfilment_word') }} as fulfilment_status,
        summed.state as native_order_status,
        summed.invoice_state as native_payment_status,
        summed.shipment_state as native_fulfilment_status,

        -- amounts
        summed.items_amount,
        summed.discount_amount,
        summed.shipping_amount,
        summed.tax_amount,
        summed.total_amount - summed.items_amount + summed.discount_amount - summed.shipping_amount - summed.tax_amount
            as adjustment_amount,
        summed.total_amount,
        summed.refunded_amount,

        -- facts
        false as is_presale,
        summed.facility_id,
        summed.shipment_address_country_code as ship_country,
        summed.shipment_address_subdivision_name as ship_region,
        summed.shipment_address_city as ship_city,

        -- times: Tryton does not keep when a sale was cancelled, only when it was last written
        summed.ordered_at,
        summed.paid_at,
        case when summed.is_cancelled then coalesce(summed._deleted_at, summed.changed_at) end as cancelled_at,
        cast(null as timestamptz) as closed_at,
        cast(null as timestamptz) as promised_at,
        summed.changed_at as updated_at,
        summed._loaded_at as loaded_at
    from summed

)

select * from renamed
