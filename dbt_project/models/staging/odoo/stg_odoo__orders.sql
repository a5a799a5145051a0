with source as (

    select * from {{ source('raw', 'odoo_sale_orders') }}

),

summed as (

    select
        source.*,
        coalesce(lines.items_amount, 0) as items_amount,
        coalesce(lines.discount_amount, 0) as discount_amount,
        coalesce(lines.shipping_amount, 0) as shipping_amount,
        -- Rounded by the order rather than by the line, only the order knows its tax.
        case when lines.is_any_included then lines.tax_amount else source.amount_tax end as tax_amount,
        invoices.paid_amount,
        invoices.refunded_amount,
        invoices.paid_at,
        invoices.native_payment_status,
        warehouses.code as facility_id,
        coalesce(
            source.delivery_status,
            case
                when not coalesce(lines.is_any_moved, false) then 'no_delivery'
                when lines.is_delivered then 'full'
                when lines.is_any_shipped then 'partial'
                else 'pending'
            end
        ) as native_fulfilment_status,
        source.state in ('cancel', 'draft', 'sent') or source._deleted_at is not null as is_cancelled
    from source
    left join lateral (
        select
            sum(sale_lines.items_amount) filter (where sale_lines.line_kind = 'product') as items_amount,
            sum(sale_lines.discount_amount) filter (where sale_lines.line_kind = 'product') as discount_amount,
            sum(sale_lines.total_amount) filter (where sale_lines.line_kind = 'shipping') as shipping_amount,
            sum(sale_lines.tax_amount) as tax_amount,
            bool_or(sale_lines.is_included) as is_any_included,
            bool_or(sale_lines.is_moved and sale_lines.line_kind = 'product') as is_any_moved,
            bool_and(sale_lines.is_delivered) filter (where sale_lines.is_moved and sale_lines.line_kind = 'product')
                as is_delivered,
            bool_or(sale_lines.shipped_quantity > 0 and sale_lines.line_kind = 'product') as is_any_shipped
        from {{ ref('stg_odoo__sale_lines') }} as sale_lines
        where sale_lines.shop = source.shop and sale_lines.order_id = source.id
    ) as lines on true
    left join lateral (
        select
            coalesce(
                sum(sale_invoices.settled_amount)
                filter (where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state <> 'reversed'), 0
            ) as paid_amount,
            coalesce(
                sum(sale_invoices.amount)
                filter (where sale_invoices.move_type = 'out_refund' and sale_invoices.payment_state in ('paid', 'in_payment')), 0
            ) as refunded_amount,
            max(sale_invoices.updated_at) filter (
                where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state in ('paid', 'in_payment')
            ) as paid_at,
            case
                when count(*) filter (where sale_invoices.move_type = 'out_invoice') = 0 then 'not_invoiced'
                -- What was reversed says nothing where another invoice stands in its place.
                when count(*) filter (where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state <> 'reversed')
                    = 0
                    then 'reversed'
                when
                    count(distinct sale_invoices.payment_state)
                    filter (where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state <> 'reversed') > 1
                    then
                        case
                            when
                                bool_and(sale_invoices.payment_state in ('paid', 'in_payment'))
                                filter (
                                    where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state <> 'reversed'
                                )
                                then 'in_payment'
                            else 'partial'
                        end
                else
                    min(sale_invoices.payment_state)
                    filter (where sale_invoices.move_type = 'out_invoice' and sale_invoices.payment_state <> 'reversed')
            end as native_payment_status
        from {{ ref('stg_odoo__sale_invoices') }} as sale_invoices
        where
            sale_invoices.shop = source.shop and sale_invoices.order_id = source.id
            and sale_invoices.state = 'posted' and sale_invoices.payment_state is not null
    ) as invoices on true
    left join {{ source('odoo', 'odoo_warehouses') }} as warehouses
        on source.shop = warehouses.shop and source.warehouse_id_id = warehouses.id

),

mapped as (

    select
        summed.*,
        {{ map_status('order', 'summed.state') }} as order_status,
        {{ map_status('fulfilment', 'summed.native_fulfilment_status') }} as fulfilment_status,
        case
            when amount_total = 0 then 'paid'
            when refunded_amount > 0 and paid_amount > 0 and refunded_amount >= paid_amount then 'refunded'
            when refunded_amount > 0 and paid_amount > 0 then 'partially_refunded'
            -- What is invoiced so far is paid.
            when
                native_payment_status in ('paid', 'in_payment') and paid_amount < amount_total
                and invoice_status not in ('invoiced', 'upselling')
                then 'partially_paid'
            else {{ map_status('payment', 'summed.native_payment_status') }}
        end as payment_status
    from summed

),

renamed as (

    select
        -- ids
        'odoo' as channel,
        shop,
        id as order_id,
        name as order_number,
        'sale' as order_kind,
        -- a customer who was erased is 0
        nullif(partner_id_id, '0') as customer_id,
        currency_id_name as currency,

        -- statuses: Odoo has no word for an order that is over, 'done' only locks it
        case
            when is_cancelled then 'cancelled'
            when
                order_status = 'open' and fulfilment_status in ('shipped', 'not_required')
                and payment_status in ('paid', 'partially_refunded', 'refunded')
                then 'completed'
            else order_status
        end as order_status,
        payment_status,
        fulfilment_status,
        state as native_order_status,
        native_payment_status,
        native_fulfilment_status,

        -- amounts
        items_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        amount_total - items_amount + discount_amount - shipping_amount - tax_amount as adjustment_amount,
        amount_total as total_amount,
        refunded_amount,

        -- facts
        false as is_presale,
        facility_id,
        partner_shipping_id_country_code as ship_country,
        -- A state shows as "Zhejiang (CN)".
        regexp_replace(partner_shipping_id_state_id_name, ' \([A-Z]{2}\)$', '') as ship_region,
        partner_shipping_id_city as ship_city,

        -- times: Odoo does not keep when it was paid or cancelled, only when that record was last written
        date_order as ordered_at,
        paid_at,
        case when is_cancelled then coalesce(_deleted_at, write_date) end as cancelled_at,
        cast(null as timestamptz) as closed_at,
        commitment_date as promised_at,
        write_date as updated_at,
        _loaded_at as loaded_at
    from mapped

)

select * from renamed
