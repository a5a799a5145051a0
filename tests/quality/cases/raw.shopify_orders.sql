insert into raw.shops values ('shopify', 'main', 'Main', 'own_shop', 'USD', 'UTC', 'US', 'CNY');
insert into raw.manifest (channel, shop, stream, path, pages, records, bytes) values ('shopify', 'main', 'orders', 'a', 1, 2, 1);
insert into raw.shopify_orders (shop, legacy_resource_id, created_at, updated_at, currency_code, total_price_set_shop_money_amount,
    total_refunded_set_shop_money_amount, display_financial_status, display_fulfillment_status, _received_at, _file_id, _digest)
values
    ('main', '1', '2026-03-01', '2026-03-02', 'USD', 20.00, 5.50, 'PARTIALLY_REFUNDED', 'FULFILLED', now(), 1, 'a'),
    ('main', '2', '2026-03-01', '2026-03-01', 'USD', 0.00, 0.00, null, 'UNFULFILLED', now(), 1, 'b');
insert into raw.shopify_orders__line_items (shop, _parent_legacy_resource_id, _position, quantity) values ('main', '1', 0, 1), ('main', '2', 0, 1);
insert into raw.shopify_orders__refunds (shop, _parent_legacy_resource_id, _position, total_refunded_set_shop_money_amount)
values ('main', '1', 0, 2.25), ('main', '1', 1, 3.25);
-- spoil: every_connected_shop_has_orders
insert into raw.shops values ('shopify', 'second', 'Second', 'own_shop', 'USD', 'UTC', 'US', 'CNY');
-- spoil: something_new_came_lately
update raw.manifest set landed_at = now() - interval '4 days';
-- spoil: nothing_is_in_quarantine
insert into raw.quarantine (channel, shop, stream, digest, reason, payload, file_id, page, position, received_at)
values ('shopify', 'main', 'orders', 'd', 'no id', '{}', 1, 0, 0, now());
-- spoil: created_at_is_known
update raw.shopify_orders set created_at = null where legacy_resource_id = '1';
-- spoil: updated_at_is_known
update raw.shopify_orders set updated_at = null where legacy_resource_id = '1';
-- spoil: currency_code_is_known
update raw.shopify_orders set currency_code = null where legacy_resource_id = '1';
-- spoil: total_is_known
update raw.shopify_orders set total_price_set_shop_money_amount = null where legacy_resource_id = '1';
-- spoil: total_is_not_negative
update raw.shopify_orders set total_price_set_shop_money_amount = -0.01 where legacy_resource_id = '1';
-- spoil: refunded_is_not_negative
update raw.shopify_orders set total_refunded_set_shop_money_amount = -0.01 where legacy_resource_id = '1';
-- spoil: currency_is_iso_4217
update raw.shopify_orders set currency_code = 'usd' where legacy_resource_id = '1';
-- spoil: financial_status_is_in_the_schema
update raw.shopify_orders set display_financial_status = 'BARTERED' where legacy_resource_id = '1';
-- spoil: fulfillment_status_is_in_the_schema
update raw.shopify_orders set display_fulfillment_status = 'BY_DRONE' where legacy_resource_id = '1';
-- spoil: not_changed_before_it_was_made
update raw.shopify_orders set updated_at = created_at - interval '1 second' where legacy_resource_id = '1';
-- spoil: every_order_has_lines
delete from raw.shopify_orders__line_items where _parent_legacy_resource_id = '2';
-- spoil: refunds_add_up
update raw.shopify_orders__refunds set total_refunded_set_shop_money_amount = 3.24 where _position = 1;
