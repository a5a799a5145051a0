-- The relations that the service reads, with the columns that the warehouse gives them, as plain tables.
create schema if not exists marts;
create schema unified;

create table unified.orders (
    channel text, shop text, order_id text, order_number text, order_kind text, customer_id text, currency text,
    order_status text, payment_status text, fulfilment_status text, native_order_status text, native_payment_status text,
    native_fulfilment_status text, items_amount numeric, discount_amount numeric, shipping_amount numeric, tax_amount numeric,
    adjustment_amount numeric, total_amount numeric, refunded_amount numeric, is_presale boolean, facility_id text,
    ship_country text, ship_region text, ship_city text, ordered_at timestamptz, paid_at timestamptz, cancelled_at timestamptz,
    closed_at timestamptz, promised_at timestamptz, updated_at timestamptz, loaded_at timestamptz,
    primary key (channel, shop, order_id)
);
create table unified.order_lines (
    channel text, shop text, order_id text, line_id text, position int, line_kind text, product_id text, listing_id text, sku text,
    title text, quantity int, unit_price numeric, discount_amount numeric, tax_amount numeric, total_amount numeric, currency text,
    shipped_quantity int, refunded_quantity int, cancelled_quantity int, promised_at timestamptz, ordered_at timestamptz,
    loaded_at timestamptz, primary key (channel, shop, order_id, line_id)
);
create table unified.payments (
    channel text, shop text, order_id text, payment_id text, kind text, status text, native_status text, method text,
    amount numeric, currency text, paid_at timestamptz, loaded_at timestamptz, primary key (channel, shop, order_id, payment_id)
);
create table unified.refunds (
    channel text, shop text, order_id text, refund_id text, line_id text, sku text, quantity int, kind text, status text,
    native_status text, reason text, amount numeric, currency text, is_restocked boolean, requested_at timestamptz,
    completed_at timestamptz, updated_at timestamptz, loaded_at timestamptz, primary key (channel, shop, order_id, refund_id)
);
create table unified.shipments (
    channel text, shop text, order_id text, shipment_id text, status text, native_status text, facility_id text, carrier text,
    tracking_number text, shipped_at timestamptz, delivered_at timestamptz, loaded_at timestamptz,
    primary key (channel, shop, order_id, shipment_id)
);
create table unified.customers (
    channel text, shop text, customer_id text, name text, email text, phone text, country text, region text, city text,
    first_seen_at timestamptz, updated_at timestamptz, loaded_at timestamptz, primary key (channel, shop, customer_id)
);
create table marts.fct_orders as select * from unified.orders;
create unique index on marts.fct_orders (channel, shop, order_id);
create index on marts.fct_orders (ordered_at, channel, shop, order_id);
