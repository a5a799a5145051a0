-- check: sold_pieces_are_positive
-- severity: warning
-- A product line of a sale is for at least one piece; corrections should be classified as such.
select l.channel, l.shop, l.order_id, l.line_id, l.quantity
from marts.fct_order_lines as l
where l.order_kind = 'sale' and l.line_kind = 'product' and l.quantity <= 0;

-- check: prices_are_not_negative
-- severity: warning
-- A product of a sale has a price of at least 0.
select l.channel, l.shop, l.order_id, l.line_id, l.unit_price, l.currency
from marts.fct_order_lines as l
where l.order_kind = 'sale' and l.line_kind = 'product' and l.unit_price < 0;

-- check: no_more_is_shipped_or_returned_than_was_sold
-- severity: warning
-- Shipped, refunded and cancelled pieces are each at most the quantity of their line.
select l.channel, l.shop, l.order_id, l.line_id, l.quantity, l.shipped_quantity, l.refunded_quantity, l.cancelled_quantity
from marts.fct_order_lines as l
where l.order_kind = 'sale' and greatest(l.shipped_quantity, l.refunded_quantity, l.cancelled_quantity) > greatest(l.quantity, 0);

-- check: most_products_have_a_sku
-- severity: warning
-- Lines without a SKU are in no plan; up to 2 % of a shop's may lack one.
select l.channel, l.shop, count(*) as lines, count(*) filter (where l.sku is null) as without_sku
from marts.fct_order_lines as l
where l.order_kind = 'sale' and l.line_kind = 'product'
group by l.channel, l.shop
having count(*) filter (where l.sku is null) > 0.02 * count(*);

-- check: most_skus_are_known_articles
-- severity: warning
-- What is sold is an article of the ERP or a listing; up to 5 % of a shop's lines may not be.
select l.channel, l.shop, count(*) as lines, count(*) filter (where p.sku is null) as unknown
from marts.fct_order_lines as l
left join marts.dim_products as p on p.sku = l.sku
where l.line_kind = 'product' and l.sku is not null and exists (select from marts.dim_products)
group by l.channel, l.shop
having count(*) filter (where p.sku is null) > 0.05 * count(*);
