-- check: every_connected_shop_has_quants
-- severity: warning
-- A connected shop without a single row delivers nothing, or is read wrongly.
select s.shop
from raw.shops as s
where s.channel = 'odoo' and not exists (select from raw.odoo_quants as r where r.shop = s.shop);

-- check: something_new_came_lately
-- severity: warning
-- A shop that has rows landed something, of any kind, within 3 days.
select s.shop, max(m.landed_at) as last_landed_at
from raw.shops as s
left join raw.manifest as m on m.channel = s.channel and m.shop = s.shop
where s.channel = 'odoo' and exists (select from raw.odoo_quants as r where r.shop = s.shop)
group by s.shop
having coalesce(max(m.landed_at), '-infinity') < now() - interval '3 days';

-- check: nothing_is_in_quarantine
-- severity: warning
-- Records of any of the channel's streams that broke their contract wait to be mended and replayed.
select q.shop, q.stream, q.reason, count(*) as records
from raw.quarantine as q
where q.channel = 'odoo' and q.resolved_at is null
group by q.shop, q.stream, q.reason
order by records desc;

-- check: stock_is_not_negative
-- severity: warning
-- Odoo lets stock fall below zero when goods leave before they are booked in: the plan counts it as oversold.
select q.shop, q.product_id_name, q.location_id_name, sum(q.quantity) as quantity
from raw.odoo_quants as q
where q._deleted_at is null
group by q.shop, q.product_id_name, q.location_id_name
having sum(q.quantity) < 0;

-- check: every_quant_has_its_product
-- severity: critical
-- Stock of a product that was not landed is stock that the plan misses.
select q.shop, q.product_id_id, q.product_id_name, q.quantity
from raw.odoo_quants as q
where q._deleted_at is null and not exists (
    select from raw.odoo_products as p where p.shop = q.shop and p.id = q.product_id_id and p._deleted_at is null
);

-- check: products_with_stock_have_a_code
-- severity: warning
-- Stock of a product without internal reference (SKU) can't be offered anywhere.
select q.shop, q.product_id_name, sum(q.quantity) as quantity
from raw.odoo_quants as q
inner join raw.odoo_products as p on p.shop = q.shop and p.id = q.product_id_id
where q._deleted_at is null and q.quantity > 0 and coalesce(p.default_code, '') = ''
group by q.shop, q.product_id_name;
