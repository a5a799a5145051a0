-- What the ledger and decisions read of the warehouse, as plain tables: a company of two facilities, two articles and a bundle.
create schema unified;
create schema if not exists marts;
create table unified.stock (channel text, shop text, facility_id text, sku text, on_hand int, as_of timestamptz, loaded_at timestamptz);
create table unified.purchase_order_lines (
    channel text, shop text, po_id text, line_id text, supplier_id text, facility_id text, sku text, quantity int, received_quantity int,
    status text, ordered_at timestamptz, expected_at timestamptz, received_at timestamptz, supplier text, loaded_at timestamptz
);
create table unified.bundle_components (
    channel text, shop text, bundle_sku text, component_sku text, quantity int, loaded_at timestamptz
);
create table unified.products (
    channel text collate "C", shop text collate "C", product_id text, listing_id text collate "C", stock_ref text,
    sku text collate "C", status text
);
create table unified.facilities (facility_id text, kind text, priority int);
create table marts.demand_daily (
    demand_date date, channel text, shop text, facility_id text, sku text, quantity int, returned_quantity int, revenue_base numeric,
    loaded_at timestamptz
);
create table marts.dim_products (sku text, cost_base numeric, price numeric, loaded_at timestamptz);
insert into unified.facilities values ('WH', 'warehouse', 1), ('ST', 'store', 2);
insert into unified.bundle_components values
    ('odoo', 'erp', 'SET', 'A', 2, '2026-01-01'), ('odoo', 'erp', 'SET', 'B', 1, '2026-01-01');
insert into unified.products
select channel, shop, 'p-' || sku, 'l-' || sku, 'ref-' || sku, sku, 'active'
from (values ('shopify', 'main'), ('taobao', 'flagship')) as s (channel, shop) cross join (values ('A'), ('B'), ('SET')) as p (sku);
insert into marts.demand_daily
select current_date - d, s.channel, s.shop, f.facility_id, p.sku, 1 + (d + length(s.shop) + ascii(p.sku)) % 3, 0
from generate_series(1, 40) as d cross join (values ('shopify', 'main'), ('taobao', 'flagship')) as s (channel, shop)
cross join (values ('WH'), ('ST')) as f (facility_id) cross join (values ('A'), ('B')) as p (sku)
where d % 2 = 0;
