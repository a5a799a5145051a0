-- check: reorder_point_covers_safety_stock
-- severity: critical
-- The reorder point is the demand over the lead time and, on top, the safety stock.
select s.facility_id, s.sku, s.safety_stock, s.reorder_point
from planning.safety_stock as s
where s.run_id = (select max(r.run_id) from planning.runs as r where r.finished_at is not null and r.kind = 'plan')
    and s.reorder_point < s.safety_stock;

-- check: newest_plan_is_recent
-- severity: warning
-- Planning runs nightly: the newest finished run is less than two days old.
select max(r.finished_at) as finished_at
from planning.runs as r
where r.kind = 'plan'
having max(r.finished_at) < now() - interval '2 days';
