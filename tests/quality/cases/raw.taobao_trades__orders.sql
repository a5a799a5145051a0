insert into raw.taobao_trades__orders (shop, _parent_tid, _position, oid, num, price, outer_iid, outer_sku_id)
values ('flagship', '1', 0, '1', 2, 9.90, 'A', null), ('flagship', '2', 0, '2', 1, 0.00, null, 'B');
-- spoil: oid_is_known
update raw.taobao_trades__orders set oid = null where _parent_tid = '1';
-- spoil: num_is_known
update raw.taobao_trades__orders set num = null where _parent_tid = '1';
-- spoil: price_is_known
update raw.taobao_trades__orders set price = null where _parent_tid = '1';
-- spoil: num_is_at_least_one
update raw.taobao_trades__orders set num = 0 where _parent_tid = '1';
-- spoil: price_is_not_negative
update raw.taobao_trades__orders set price = -9.90 where _parent_tid = '1';
-- spoil: order_ids_are_unique
update raw.taobao_trades__orders set oid = '2' where _parent_tid = '1';
-- spoil: most_orders_have_a_code
update raw.taobao_trades__orders set outer_iid = null where _parent_tid = '1';
