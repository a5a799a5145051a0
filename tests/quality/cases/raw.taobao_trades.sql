insert into raw.shops values ('taobao', 'flagship', 'Flagship', 'marketplace', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
insert into raw.manifest (channel, shop, stream, path, pages, records, bytes) values ('taobao', 'flagship', 'trades', 'a', 1, 2, 1);
insert into raw.taobao_trades
    (shop, tid, status, created, modified, pay_time, payment, total_fee, post_fee, _received_at, _file_id, _digest)
values
    ('flagship', '1', 'WAIT_BUYER_PAY', '2026-03-01 10:00:00', '2026-03-01 10:00:00', null, 9.90, 9.90, 0.00, now(), 1, 'a'),
    ('flagship', '2', 'TRADE_FINISHED', '2026-03-01 10:00:00', '2026-03-02 10:00:00', '2026-03-01 10:01:00', 9.90, 9.90, null, now(), 1, 'b');
insert into raw.taobao_trades__orders (shop, _parent_tid, _position, oid) values ('flagship', '1', 0, '11'), ('flagship', '2', 0, '21');
-- spoil: every_connected_shop_has_trades
insert into raw.shops values ('taobao', 'outlet', 'Outlet', 'marketplace', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
-- spoil: something_new_came_lately
update raw.manifest set landed_at = now() - interval '4 days';
-- spoil: nothing_is_in_quarantine
insert into raw.quarantine (channel, shop, stream, digest, reason, payload, file_id, page, position, received_at)
values ('taobao', 'flagship', 'trades', 'd', 'no tid', '{}', 1, 0, 0, now());
-- spoil: status_is_known
update raw.taobao_trades set status = null where tid = '1';
-- spoil: created_is_known
update raw.taobao_trades set created = null where tid = '1';
-- spoil: modified_is_known
update raw.taobao_trades set modified = null where tid = '1';
-- spoil: payment_is_known
update raw.taobao_trades set payment = null where tid = '1';
-- spoil: total_fee_is_known
update raw.taobao_trades set total_fee = null where tid = '1';
-- spoil: payment_is_not_negative
update raw.taobao_trades set payment = -1 where tid = '1';
-- spoil: total_fee_is_not_negative
update raw.taobao_trades set total_fee = -1 where tid = '1';
-- spoil: post_fee_is_not_negative
update raw.taobao_trades set post_fee = -1 where tid = '1';
-- spoil: status_is_documented
update raw.taobao_trades set status = 'WAIT_FOR_GODOT' where tid = '1';
-- spoil: created_is_a_time
update raw.taobao_trades set created = '2026-03-01T10:00:00' where tid = '1';
-- spoil: modified_is_a_time
update raw.taobao_trades set modified = '1772330400' where tid = '1';
-- spoil: not_changed_before_it_was_made
update raw.taobao_trades set modified = '2026-03-01 09:59:59' where tid = '1';
-- spoil: paid_trades_have_a_time_of_payment
update raw.taobao_trades set pay_time = null where tid = '2';
-- spoil: every_trade_has_orders
delete from raw.taobao_trades__orders where _parent_tid = '1';
