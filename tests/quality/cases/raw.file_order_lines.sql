insert into raw.file_order_lines
    (shop, order_id, part, version, order_kind, currency, order_status, payment_status, fulfilment_status, ordered_at,
    _received_at, _file_id, _digest)
values ('store', '1', '', 'v', 'sale', 'CNY', 'open', 'paid', 'unfulfilled', '2026-03-01T10:00:00', now(), 1, 'a');
insert into raw.file_order_lines__lines (shop, _parent_order_id, _parent_part, _position, line_id) values ('store', '1', '', 0, '1');
-- spoil: nothing_is_in_quarantine
insert into raw.quarantine (channel, shop, stream, digest, reason, payload, file_id, page, position, received_at)
values ('file', 'store', 'order_lines', 'd', 'no order_id', '{}', 1, 0, 0, now());
-- spoil: currency_is_iso_4217
update raw.file_order_lines set currency = '￥' where order_id = '1';
-- spoil: ordered_at_is_known
update raw.file_order_lines set ordered_at = null where order_id = '1';
-- spoil: order_kind_is_in_the_vocabulary
update raw.file_order_lines set order_kind = 'gift' where order_id = '1';
-- spoil: order_status_is_in_the_vocabulary
update raw.file_order_lines set order_status = 'done' where order_id = '1';
-- spoil: payment_status_is_in_the_vocabulary
update raw.file_order_lines set payment_status = 'done' where order_id = '1';
-- spoil: fulfilment_status_is_in_the_vocabulary
update raw.file_order_lines set fulfilment_status = 'done' where order_id = '1';
-- spoil: every_order_has_lines
delete from raw.file_order_lines__lines;
