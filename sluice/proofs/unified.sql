-- As much of the unified model as stock reads, as plain tables: what a channel says of its orders is written here directly.
create schema unified;
create table unified.orders (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    order_kind text not null default 'sale',
    order_status text not null default 'open',
    payment_status text not null default 'paid',
    fulfilment_status text not null default 'unfulfilled',
    facility_id text,
    is_presale boolean not null default false,
    ordered_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (channel, shop, order_id)
);
create table unified.order_lines (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    line_id text collate "C" not null,
    line_kind text not null default 'product',
    sku text,
    quantity integer not null,
    shipped_quantity integer not null default 0,
    refunded_quantity integer not null default 0,
    cancelled_quantity integer not null default 0,
    primary key (channel, shop, order_id, line_id)
);
create table unified.shipments (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    shipment_id text collate "C" not null,
    shipped_at timestamptz,
    primary key (channel, shop, order_id, shipment_id)
);
create table unified.refunds (
    channel text collate "C" not null,
    shop text collate "C" not null,
    order_id text collate "C" not null,
    refund_id text collate "C" not null,
    line_id text collate "C" not null,
    quantity integer not null,
    status text not null default 'completed',
    is_restocked boolean not null default true,
    completed_at timestamptz default now(),
    updated_at timestamptz default now(),
    primary key (channel, shop, order_id, refund_id, line_id)
);
create table unified.bundle_components (
    bundle_sku text,
    component_sku text,
    quantity integer,
    primary key (bundle_sku, component_sku)
);
create table unified.facilities (
    channel text,
    shop text,
    facility_id text primary key,
    kind text not null default 'warehouse',
    priority integer not null default 1
);
create table unified.stock (
    channel text,
    shop text,
    facility_id text,
    sku text,
    on_hand integer not null,
    as_of timestamptz not null default now(),
    primary key (facility_id, sku)
);
create table unified.purchase_order_lines (
    channel text,
    shop text,
    po_id text,
    line_id text,
    facility_id text,
    sku text,
    quantity integer not null,
    received_quantity integer not null default 0,
    status text not null default 'open',
    expected_at timestamptz,
    received_at timestamptz,
    primary key (channel, shop, po_id, line_id)
);
create table unified.products (
    channel text,
    shop text,
    product_id text,
    listing_id text,
    sku text,
    stock_ref text,
    status text not null default 'active',
    primary key (channel, shop, listing_id)
);
create index on unified.products (channel, shop, sku);
