{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key=['channel', 'shop', 'order_id'],
        on_schema_change='append_new_columns',
        indexes=[
            {'columns': ['loaded_at']},
            {'columns': ['ordered_date']},
            {'columns': ['customer_id']},
            {'columns': ['updated_at']},
            {'columns': ['promised_at']},
            {'columns': ['ordered_at', 'channel', 'shop', 'order_id']}
        ],
        pre_hook=[
            "{{ touched_since_last_build(ref('order_changes'), ['channel', 'shop', 'order_id']) }}",
            "{{ take_touched(ref('orders'), 'order_id') }}",
            "{{ take_touched(ref('order_lines'), 'order_id') }}",
            "{{ take_touched(ref('shipments'), 'order_id') }}"
        ]
    )
}}

with orders as (
    select * from {{ touched_rows(ref('orders')) }}
),

lines as (
    select * from {{ touched_rows(ref('order_lines')) }}
),

shipments as (
    select * from {{ touched_rows(ref('shipments')) }}
),

products as (
    select
        sku,
        cost_base
    from {{ ref('dim_products') }}
),

shops as (
    select * from {{ ref('dim_channels') }}
),

rates as (
    select * from {{ ref('dim_exchange_rates') }}
),

best_facility as (
    select facility_id
    from {{ ref('dim_facilities') }}
    where priority is not null
    order by priority, facility_id
    limit 1
),

-- Refunded pieces cost nothing here: whether they are fit for sale again is the facility's to say.
line_totals as (
    select
        lines.channel,
        lines.shop,
        lines.order_id,
        cast(count(*) as integer) as line_count,
        cast(coalesce(sum(lines.quantity) filter (where lines.line_kind = 'product'), 0) as integer) as unit_count,
        cast(
            coalesce(sum(lines.refunded_quantity) filter (where lines.line_kind = 'product'), 0) as integer
        ) as refunded_unit_count,
        cast(
            coalesce(
                sum(greatest(lines.quantity - lines.refunded_quantity - lines.cancelled_quantity, 0))
                filter (where lines.line_kind = 'product' and products.cost_base is null),
                0
            ) as integer
        ) as uncosted_unit_count,
        sum((lines.quantity - lines.refunded_quantity - lines.cancelled_quantity) * products.cost_base) as cost_amount_base,
        max(lines.loaded_at) as loaded_at
    from lines
    left join products on lines.sku = products.sku
    group by lines.channel, lines.shop, lines.order_id
),

first_shipments as (
    select
        channel,
        shop,
        order_id,
        facility_id,
        row_number() over (partition by channel, shop, order_id order by shipped_at nulls last, shipment_id) as place
    from shipments
    where facility_id is not null
),

departures as (
    select
        channel,
        shop,
        order_id,
        min(shipped_at) as shipped_at
    from shipments
    group by channel, shop, order_id
),

placed as (
    select
        orders.*,
        shops.base_currency,
        {{ local_date('orders.ordered_at', 'shops.timezone') }} as ordered_date,
        -- the order's own word, else where its first parcel left, else where it would be served from
        coalesce(orders.facility_id, first_shipments.facility_id, best_facility.facility_id, 'default') as served_by,
        departures.shipped_at,
        coalesce(line_totals.line_count, 0) as line_count,
        coalesce(line_totals.unit_count, 0) as unit_count,
        coalesce(line_totals.refunded_unit_count, 0) as refunded_unit_count,
        coalesce(line_totals.uncosted_unit_count, 0) as uncosted_unit_count,
        line_totals.cost_amount_base,
        line_totals.loaded_at as lines_loaded_at
    from orders
    inner join shops on orders.channel = shops.channel and orders.shop = shops.shop
    left join first_shipments
        on
            orders.channel = first_shipments.channel
            and orders.shop = first_shipments.shop
            and orders.order_id = first_shipments.order_id
            and first_shipments.place = 1
    left join departures
        on
            orders.channel = departures.channel
            and orders.shop = departures.shop
            and orders.order_id = departures.order_id
    left join line_totals
        on
            orders.channel = line_totals.channel
            and orders.shop = line_totals.shop
            and orders.order_id = line_totals.order_id
    left join best_facility on true
),

priced as (
    select
        placed.channel,
        placed.shop,
        placed.order_id,
        placed.order_number,
        placed.order_kind,
        placed.customer_id,
        placed.served_by as facility_id,
        placed.order_status,
        placed.payment_status,
        placed.fulfilment_status,
        placed.native_order_status,
        placed.native_payment_status,
        placed.native_fulfilment_status,
        placed.order_status = 'cancelled' as is_cancelled,
        placed.is_presale,
        placed.line_count,
        placed.unit_count,
        placed.refunded_unit_count,
        placed.uncosted_unit_count,
        placed.currency,
        placed.items_amount,
        placed.discount_amount,
        placed.shipping_amount,
        placed.tax_amount,
        placed.adjustment_amount,
        placed.total_amount,
        placed.refunded_amount,
        placed.base_currency,
        {{ to_base_currency('placed.items_amount', 'placed.currency', 'placed.base_currency', 'rates.rate') }}
            as items_amount_base,
        {{ to_base_currency('placed.discount_amount', 'placed.currency', 'placed.base_currency', 'rates.rate') }}
            as discount_amount_base,
        {{ to_base_currency('placed.total_amount', 'placed.currency', 'placed.base_currency', 'rates.rate') }}
            as total_amount_base,
        {{ to_base_currency('placed.refunded_amount', 'placed.currency', 'placed.base_currency', 'rates.rate') }}
            as refunded_amount_base,
        placed.cost_amount_base,
        placed.ship_country,
        placed.ship_region,
        placed.ship_city,
        placed.ordered_date,
        placed.ordered_at,
        placed.paid_at,
        placed.shipped_at,
        placed.cancelled_at,
        placed.closed_at,
        placed.promised_at,
        placed.updated_at,
        greatest(placed.loaded_at, placed.lines_loaded_at) as loaded_at
    from placed
    left join rates
        on
            placed.base_currency = rates.base_currency
            and placed.currency = rates.currency
            and placed.ordered_date = rates.rate_date
),

margined as (
    select
        *,
        items_amount_base - discount_amount_base - refunded_amount_base - cost_amount_base as margin_amount_base
    from priced
)

select * from margined
