-- check: order_ids_are_unique
-- severity: critical
-- An oid belongs to one trade.
select o.shop, o.oid, count(*) as trades
from raw.taobao_trades__orders as o
group by o.shop, o.oid
having count(*) > 1;

-- check: most_orders_have_a_code
-- severity: warning
-- Lines without a merchant code can't be planned; up to 2 % may lack one.
select count(*) as orders, count(*) filter (where coalesce(o.outer_sku_id, o.outer_iid) is null) as without_code
from raw.taobao_trades__orders as o
having count(*) filter (where coalesce(o.outer_sku_id, o.outer_iid) is null) > 0.02 * count(*);
