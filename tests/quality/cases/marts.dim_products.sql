insert into marts.dim_products (sku, title, price, currency, cost, weight_g)
values ('A', 'Lamp', 9.90, 'CNY', 4.00, 250), ('B', 'Shade', 5.00, 'CNY', null, null);
-- spoil: price_is_not_negative
update marts.dim_products set price = -1 where sku = 'A';
-- spoil: cost_is_not_negative
update marts.dim_products set cost = -1 where sku = 'A';
-- spoil: weight_g_is_not_negative
update marts.dim_products set weight_g = -1 where sku = 'A';
-- spoil: currency_is_iso_4217
update marts.dim_products set currency = '元' where sku = 'A';
-- spoil: most_articles_have_a_title
update marts.dim_products set title = null where sku = 'A';
-- spoil: most_articles_cost_less_than_their_price
update marts.dim_products set cost = 400.00 where sku = 'A';
