{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'order_id'],
        on_schema_change='append_new_columns',
        indexes=[{'columns': ['loaded_at']}, {'columns': ['ordered_date']}, {'columns': ['sku']}],
        pre_hook=[
            "{{ touched_since_last_build(ref('order_changes'), ['channel', 'shop', 'order_id']) }}",
            "{{ take_touched(ref('order_lines'), 'order_id') }}",
            "{{ take_touched(ref('fct_orders'), 'order_id') }}"
        ]
    )
}}

with lines as (
    select * from {{ touched_rows(ref('order_lines')) }}
),

orders as (
    select * from {{ touched_rows(ref('fct_orders')) }}
),

products as (
    select
        sku,
        cost_base
    from {{ ref('dim_products') }}
),

rates as (
    select * from {{ ref('dim_exchange_rates') }}
),

joined as (
    select
        lines.channel,
        lines.shop,
        lines.order_id,
        lines.line_id,
        lines.position,
        lines.line_kind,
        orders.order_kind,
        orders.is_cancelled,
        orders.is_presale,
        orders.customer_id,
        orders.facility_id,
        lines.product_id,
        lines.listing_id,
        lines.sku,
        lines.title,
        lines.quantity,
        lines.shipped_quantity,
        lines.refunded_quantity,
        lines.cancelled_quantity,
        lines.currency,
        lines.unit_price,
        lines.discount_amount,
        lines.tax_amount,
        lines.total_amount,
        orders.base_currency,
        {{ to_base_currency('lines.total_amount', 'lines.currency', 'orders.base_currency', 'rates.rate') }} as total_amount_base,
        lines.quantity * products.cost_base as cost_amount_base,
        orders.ordered_date,
        orders.ordered_at,
        lines.promised_at,
        greatest(lines.loaded_at, orders.loaded_at) as loaded_at
    from lines
    inner join orders
        on
            lines.channel = orders.channel
            and lines.shop = orders.shop
            and lines.order_id = orders.order_id
    left join products on lines.sku = products.sku
    left join rates
        on
            orders.base_currency = rates.base_currency
            and lines.currency = rates.currency
            and orders.ordered_date = rates.rate_date
),

margined as (
    select
        *,
        total_amount_base - cost_amount_base as margin_amount_base
    from joined
)

select * from margined
