insert into marts.fct_orders (channel, shop, order_id, order_kind, currency, discount_amount, refunded_amount, total_amount, line_count,
    ordered_at, ordered_date, paid_at, loaded_at)
select 'taobao', 'flagship', n::text, 'sale', 'CNY', 0.10, 0.00, 9.90, 1, now() - n * interval '6 hours', current_date - n / 4, now(), now()
from generate_series(0, 139) as n;
insert into marts.fct_orders (channel, shop, order_id, order_kind, currency, discount_amount, refunded_amount, total_amount, line_count,
    ordered_at, ordered_date, loaded_at)
values ('file', 'store', '1', 'cancellation', 'CNY', 0, 0, -9.90, 0, now() - interval '9 days', current_date - 9, now());
-- spoil: there_are_orders
delete from marts.fct_orders;
-- spoil: currency_is_iso_4217
update marts.fct_orders set currency = 'RMB¥' where order_id = '7';
-- spoil: discount_is_not_negative
update marts.fct_orders set discount_amount = -0.10 where order_id = '7';
-- spoil: refunded_is_not_negative
update marts.fct_orders set refunded_amount = -0.10 where order_id = '7';
-- spoil: sales_have_no_negative_total
update marts.fct_orders set order_kind = 'sale' where channel = 'file';
-- spoil: every_sale_has_lines
update marts.fct_orders set line_count = 0 where order_id = '7';
-- spoil: every_shop_tells_what_it_sells
update marts.fct_orders set line_count = 0 where channel = 'taobao';
-- spoil: no_order_comes_from_the_future
update marts.fct_orders set ordered_at = now() + interval '1 year' where order_id = '7';
-- spoil: nothing_is_paid_before_it_is_ordered
update marts.fct_orders set paid_at = ordered_at - interval '2 days' where order_id = '7';
-- spoil: no_shop_fell_silent
delete from marts.fct_orders where channel = 'taobao' and ordered_date > current_date - 7;
insert into marts.fct_orders (channel, shop, order_id, order_kind, currency, discount_amount, refunded_amount, total_amount, line_count,
    ordered_at, ordered_date, loaded_at)
values ('shopify', 'main', '1', 'sale', 'USD', 0, 0, 1, 1, now(), current_date, now());
