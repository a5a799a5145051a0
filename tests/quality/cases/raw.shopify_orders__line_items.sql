insert into raw.shopify_orders__line_items
    (shop, _parent_legacy_resource_id, _position, quantity, current_quantity, sku, original_unit_price_set_shop_money_amount)
values ('main', '1', 0, 2, 1, 'A', 9.90), ('main', '1', 1, 1, 0, 'B', 0.00);
-- spoil: quantity_is_known
update raw.shopify_orders__line_items set quantity = null where _position = 0;
-- spoil: quantity_is_not_negative
update raw.shopify_orders__line_items set quantity = -1 where _position = 0;
-- spoil: unit_price_is_known
update raw.shopify_orders__line_items set original_unit_price_set_shop_money_amount = null where _position = 0;
-- spoil: unit_price_is_not_negative
update raw.shopify_orders__line_items set original_unit_price_set_shop_money_amount = -9.90 where _position = 0;
-- spoil: no_more_is_left_than_was_ordered
update raw.shopify_orders__line_items set current_quantity = 3 where _position = 0;
-- spoil: most_lines_have_a_sku
update raw.shopify_orders__line_items set sku = null where _position = 0;
