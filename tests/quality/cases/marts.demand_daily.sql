insert into marts.fct_order_lines (channel, shop, order_id, line_id, line_kind, order_kind, is_cancelled, sku, quantity, ordered_date, loaded_at)
values
    ('taobao', 'flagship', '1', '1', 'product', 'sale', false, 'A', 2, '2026-03-01', now()),
    ('taobao', 'flagship', '2', '1', 'product', 'sale', true, 'A', 2, '2026-03-02', now());
insert into marts.demand_daily (demand_date, channel, shop, facility_id, sku, quantity, returned_quantity, loaded_at)
values ('2026-03-01', 'taobao', 'flagship', 'WH', 'A', 2, 1, now());
-- spoil: quantity_is_known
update marts.demand_daily set quantity = null;
-- spoil: returned_quantity_is_not_negative
update marts.demand_daily set returned_quantity = -1;
-- spoil: no_day_is_missing
update marts.fct_order_lines set is_cancelled = false;
-- spoil: demand_is_not_negative
update marts.demand_daily set quantity = -1;
-- spoil: no_more_comes_back_than_was_sold
update marts.demand_daily set returned_quantity = 3;
