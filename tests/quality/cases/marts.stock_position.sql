insert into marts.dim_facilities (facility_id) values ('WH'), ('default');
insert into marts.stock_position (
    facility_id, sku, on_hand, committed, held, presale_reserve, presale_promised, unsellable, incoming_quantity, counted_at
)
values ('WH', 'A', 8, 5, 2, 1, 0, 0, 10, now()), ('default', 'B', 0, 0, 0, 0, 1, 0, 0, null);
-- spoil: committed_is_not_negative
update marts.stock_position set committed = -1 where sku = 'A';
-- spoil: held_is_not_negative
update marts.stock_position set held = -1 where sku = 'A';
-- spoil: presale_reserve_is_not_negative
update marts.stock_position set presale_reserve = -1 where sku = 'A';
-- spoil: presale_promised_is_not_negative
update marts.stock_position set presale_promised = -1 where sku = 'A';
-- spoil: incoming_quantity_is_not_negative
update marts.stock_position set incoming_quantity = -1 where sku = 'A';
-- spoil: every_facility_is_known
delete from marts.dim_facilities where facility_id = 'WH';
-- spoil: promised_pieces_are_there
update marts.stock_position set on_hand = 7 where sku = 'A';
-- spoil: stock_was_counted_lately
update marts.stock_position set counted_at = now() - interval '3 days' where sku = 'A';
