insert into marts.dim_products (sku) values ('A');
insert into marts.fct_order_lines (channel, shop, order_id, line_id, line_kind, order_kind, sku, quantity, shipped_quantity,
    refunded_quantity, cancelled_quantity, currency, unit_price, loaded_at)
values
    ('taobao', 'flagship', '1', '1', 'product', 'sale', 'A', 2, 2, 1, 0, 'CNY', 9.90, now()),
    ('taobao', 'flagship', '1', '2', 'shipping', 'sale', null, 1, 0, 0, 0, 'CNY', 5.00, now()),
    ('taobao', 'flagship', '2', '1', 'product', 'cancellation', 'A', -2, 0, 0, 0, 'CNY', 9.90, now());
-- spoil: currency_is_iso_4217
update marts.fct_order_lines set currency = 'cny' where line_id = '2';
-- spoil: quantity_is_known
alter table marts.fct_order_lines alter column quantity drop not null;
update marts.fct_order_lines set quantity = null where line_id = '2';
-- spoil: sold_pieces_are_positive
update marts.fct_order_lines set quantity = 0 where order_id = '1' and line_id = '1';
-- spoil: prices_are_not_negative
update marts.fct_order_lines set unit_price = -9.90 where order_id = '1' and line_id = '1';
-- spoil: no_more_is_shipped_or_returned_than_was_sold
update marts.fct_order_lines set refunded_quantity = 3 where order_id = '1' and line_id = '1';
-- spoil: most_products_have_a_sku
update marts.fct_order_lines set sku = null where order_id = '1' and line_id = '1';
-- spoil: most_skus_are_known_articles
update marts.fct_order_lines set sku = 'B' where order_id = '1' and line_id = '1';
