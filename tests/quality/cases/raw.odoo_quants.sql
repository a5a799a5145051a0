insert into raw.shops values ('odoo', 'erp', 'ERP', 'erp', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
insert into raw.manifest (channel, shop, stream, path, pages, records, bytes) values ('odoo', 'erp', 'quants', 'a', 1, 2, 1);
insert into raw.odoo_products (shop, id, default_code, _received_at, _file_id, _digest) values ('erp', '7', 'A', now(), 1, 'p');
insert into raw.odoo_quants (shop, id, product_id_id, product_id_name, location_id_id, location_id_name, quantity, reserved_quantity,
    _received_at, _file_id, _digest)
values ('erp', '1', '7', 'Lamp', '8', 'WH/Stock', 5.0, 1.0, now(), 1, 'a'), ('erp', '2', '7', 'Lamp', '8', 'WH/Stock', -1.0, 0.0, now(), 1, 'b');
-- spoil: every_connected_shop_has_quants
insert into raw.shops values ('odoo', 'other', 'Other', 'erp', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
-- spoil: something_new_came_lately
update raw.manifest set landed_at = now() - interval '4 days';
-- spoil: nothing_is_in_quarantine
insert into raw.quarantine (channel, shop, stream, digest, reason, payload, file_id, page, position, received_at)
values ('odoo', 'erp', 'quants', 'd', 'no id', '{}', 1, 0, 0, now());
-- spoil: product_is_known
update raw.odoo_quants set product_id_id = null where id = '1';
-- spoil: location_is_known
update raw.odoo_quants set location_id_id = null where id = '1';
-- spoil: quantity_is_known
update raw.odoo_quants set quantity = null where id = '1';
-- spoil: reserved_quantity_is_not_negative
update raw.odoo_quants set reserved_quantity = -1 where id = '1';
-- spoil: stock_is_not_negative
update raw.odoo_quants set quantity = -6 where id = '2';
-- spoil: every_quant_has_its_product
update raw.odoo_quants set product_id_id = '9' where id = '1';
-- spoil: products_with_stock_have_a_code
update raw.odoo_products set default_code = null;
