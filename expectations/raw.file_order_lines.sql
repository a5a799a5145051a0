-- check: nothing_is_in_quarantine
-- severity: warning
-- Records that broke their contract wait to be mended and replayed.
select q.shop, q.reason, count(*) as records
from raw.quarantine as q
where q.channel = 'file' and q.stream = 'order_lines' and q.resolved_at is null
group by q.shop, q.reason
order by records desc;

-- check: ordered_at_is_known
-- severity: warning
-- An order that has no time, neither here nor in its header, belongs to no day of demand.
select o.shop, o.order_id
from raw.file_order_lines as o
where o.ordered_at is null and o._deleted_at is null and not exists (
    select from raw.file_orders as h
    where h.shop = o.shop and h.order_id = o.order_id and h.ordered_at is not null and h._deleted_at is null
);

-- check: every_order_has_lines
-- severity: critical
-- An order of a file of lines has at least the line that named it.
select o.shop, o.order_id
from raw.file_order_lines as o
where o._deleted_at is null and not exists (
    select from raw.file_order_lines__lines as l
    where l.shop = o.shop and l._parent_order_id = o.order_id and l._parent_part = o.part
);
