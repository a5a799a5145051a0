-- The history of stock by day asks for movements that happened lately, and for the items that somebody ever told the stock of.
create index stock_movements_lately on ops.stock_movements using brin (occurred_at);
create index stock_movements_told on ops.stock_movements (facility_id, sku, occurred_at)
where kind in ('snapshot', 'receipt', 'adjustment', 'transfer_in');
