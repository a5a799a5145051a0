-- As much of the unified model as landing's tests need, over the toy channel.
create schema unified;
create view unified.orders as
select
    'toy' as channel,
    o.shop,
    o.id as order_id,
    'sale' as order_kind,
    'open' as order_status,
    case when o.paid then 'paid' else 'pending' end as payment_status,
    'unfulfilled' as fulfilment_status,
    o.total_price_set_shop_money_amount as total_amount,
    o.total_price_set_shop_money_currency_code as currency,
    null::text as facility_id,
    false as is_presale,
    coalesce(o.processed_at, o.updated_at) as ordered_at,
    o.updated_at,
    o._loaded_at as loaded_at
from raw.toy_orders as o
where o._deleted_at is null;
create view unified.order_lines as
select
    'toy' as channel,
    l.shop,
    l._parent_id as order_id,
    l.id as line_id,
    l.title as sku,
    'product' as line_kind,
    l.quantity,
    0::bigint as cancelled_quantity,
    0::bigint as shipped_quantity,
    0::bigint as refunded_quantity
from raw.toy_orders__line_items as l;
create table unified.bundle_components (bundle_sku text, component_sku text, quantity integer);
create table unified.shipments (channel text, shop text, order_id text, shipped_at timestamptz);
create table unified.refunds (
    channel text, shop text, order_id text, line_id text, quantity integer, status text, is_restocked boolean,
    completed_at timestamptz, updated_at timestamptz
);
create table unified.stock (channel text, shop text, facility_id text, sku text, on_hand integer, as_of timestamptz);
create table unified.facilities (channel text, shop text, facility_id text, kind text, priority integer);
