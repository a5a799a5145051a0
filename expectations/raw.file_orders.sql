-- check: nothing_is_in_quarantine
-- severity: warning
-- Records of any of the channel's streams that broke their contract wait to be mended and replayed.
select q.shop, q.stream, q.reason, count(*) as records
from raw.quarantine as q
where q.channel = 'file' and q.stream <> 'order_lines' and q.resolved_at is null
group by q.shop, q.stream, q.reason
order by records desc;

-- check: sales_have_no_negative_total
-- severity: warning
-- A negative total is no sale: classify it by a rule in the shop's options.
select o.shop, o.order_id, o.total_amount
from raw.file_orders as o
where o.order_kind = 'sale' and o.total_amount < 0;
