insert into raw.file_order_lines__lines
    (shop, _parent_order_id, _parent_part, _position, line_id, line_kind, quantity, unit_price, discount_amount, total_amount)
values
    ('store', '1', '', 0, '1', 'product', 3, 1.05, 0.15, 3.00), ('store', '1', '', 1, '2', 'shipping', 1, null, null, 5.00),
    ('store', '2', '', 0, '1', 'product', -1, 1.05, null, null);
-- spoil: quantity_is_known
update raw.file_order_lines__lines set quantity = null where line_id = '2';
-- spoil: line_id_is_known
update raw.file_order_lines__lines set line_id = null where line_id = '2';
-- spoil: line_kind_is_in_the_vocabulary
update raw.file_order_lines__lines set line_kind = 'tip' where line_id = '2';
-- spoil: every_line_has_an_amount
update raw.file_order_lines__lines set total_amount = null where line_id = '2';
-- spoil: price_times_quantity_is_the_total
update raw.file_order_lines__lines set total_amount = 3.02 where quantity = 3;
