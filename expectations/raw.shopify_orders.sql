-- check: every_connected_shop_has_orders
-- severity: warning
-- A connected shop without a single row delivers nothing, or is read wrongly.
select s.shop
from raw.shops as s
where s.channel = 'shopify' and not exists (select from raw.shopify_orders as r where r.shop = s.shop);

-- check: something_new_came_lately
-- severity: warning
-- A shop that has rows landed something, of any kind, within 3 days.
select s.shop, max(m.landed_at) as last_landed_at
from raw.shops as s
left join raw.manifest as m on m.channel = s.channel and m.shop = s.shop
where s.channel = 'shopify' and exists (select from raw.shopify_orders as r where r.shop = s.shop)
group by s.shop
having coalesce(max(m.landed_at), '-infinity') < now() - interval '3 days';

-- check: nothing_is_in_quarantine
-- severity: warning
-- Records of any of the channel's streams that broke their contract wait to be mended and replayed.
select q.shop, q.stream, q.reason, count(*) as records
from raw.quarantine as q
where q.channel = 'shopify' and q.resolved_at is null
group by q.shop, q.stream, q.reason
order by records desc;

-- check: every_order_has_lines
-- severity: critical
-- Shopify makes no order without a line item: an order without one has lost them.
select o.shop, o.legacy_resource_id
from raw.shopify_orders as o
where o._deleted_at is null and not exists (
    select from raw.shopify_orders__line_items as l
    where l.shop = o.shop and l._parent_legacy_resource_id = o.legacy_resource_id
);

-- check: refunds_add_up
-- severity: warning
-- An order's refunds sum to what Shopify says was refunded.
select o.shop, o.legacy_resource_id, o.total_refunded_set_shop_money_amount as stated,
    sum(r.total_refunded_set_shop_money_amount) as summed
from raw.shopify_orders as o
inner join raw.shopify_orders__refunds as r on r.shop = o.shop and r._parent_legacy_resource_id = o.legacy_resource_id
group by o.shop, o.legacy_resource_id
having o.total_refunded_set_shop_money_amount <> sum(r.total_refunded_set_shop_money_amount);
