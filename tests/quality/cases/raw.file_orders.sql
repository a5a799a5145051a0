insert into raw.file_orders (shop, order_id, version, order_kind, currency, order_status, payment_status, fulfilment_status, ordered_at,
    total_amount, discount_amount, refunded_amount, _received_at, _file_id, _digest)
values
    ('store', '1', 'v', 'sale', 'CNY', 'open', 'paid', 'unfulfilled', '2026-03-01T10:00:00', 9.90, 0.10, 0.00, now(), 1, 'a'),
    ('store', '2', 'v', 'cancellation', 'CNY', 'unknown', 'unknown', 'unknown', '2026-03-01T10:00:00', -9.90, null, null, now(), 1, 'b');
-- spoil: nothing_is_in_quarantine
insert into raw.quarantine (channel, shop, stream, digest, reason, payload, file_id, page, position, received_at)
values ('file', 'store', 'orders', 'd', 'no order_id', '{}', 1, 0, 0, now());
-- spoil: currency_is_iso_4217
update raw.file_orders set currency = '￥' where order_id = '1';
-- spoil: ordered_at_is_known
update raw.file_orders set ordered_at = null where order_id = '1';
-- spoil: order_kind_is_in_the_vocabulary
update raw.file_orders set order_kind = 'gift' where order_id = '1';
-- spoil: order_status_is_in_the_vocabulary
update raw.file_orders set order_status = 'done' where order_id = '1';
-- spoil: payment_status_is_in_the_vocabulary
update raw.file_orders set payment_status = 'done' where order_id = '1';
-- spoil: fulfilment_status_is_in_the_vocabulary
update raw.file_orders set fulfilment_status = 'done' where order_id = '1';
-- spoil: sales_have_no_negative_total
update raw.file_orders set total_amount = -9.90 where order_id = '1';
-- spoil: discount_is_not_negative
update raw.file_orders set discount_amount = -0.10 where order_id = '1';
-- spoil: refunded_is_not_negative
update raw.file_orders set refunded_amount = -0.10 where order_id = '1';
