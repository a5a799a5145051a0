-- check: on_hand_is_split_without_rest
-- severity: critical
-- On hand + oversold = safety stock + presale reserve + committed + held + quotas + shared pool, for each SKU and facility, in the
-- decision in force; none is negative.
select p.facility_id, p.sku, p.on_hand, p.oversold, p.safety_stock, p.presale_reserve, p.committed, p.held, p.quota_total,
    p.shared_pool
from planning.stock_plan as p
inner join planning.decided as d on d.run_id = p.run_id and d.facility_id = p.facility_id and d.sku = p.sku
where (
    p.on_hand + p.oversold <> p.safety_stock + p.presale_reserve + p.committed + p.held + p.quota_total + p.shared_pool
    or least(p.safety_stock, p.presale_reserve, p.committed, p.held, p.quota_total, p.shared_pool, p.oversold) < 0
);

-- check: nothing_is_oversold
-- severity: warning
-- No more pieces are promised than are on hand.
select p.facility_id, p.sku, p.on_hand, p.committed, p.presale_reserve, p.oversold
from planning.stock_plan as p
inner join planning.decided as d on d.run_id = p.run_id and d.facility_id = p.facility_id and d.sku = p.sku
where p.oversold > 0
order by p.oversold desc;

-- check: quotas_sum_to_their_total
-- severity: critical
-- The channels' quotas of a SKU and facility sum to quota_total.
select p.facility_id, p.sku, p.quota_total, coalesce(sum(q.quota), 0) as summed
from planning.stock_plan as p
inner join planning.decided as d on d.run_id = p.run_id and d.facility_id = p.facility_id and d.sku = p.sku
left join planning.quotas as q on q.run_id = p.run_id and q.facility_id = p.facility_id and q.sku = p.sku
group by p.facility_id, p.sku, p.quota_total
having p.quota_total <> coalesce(sum(q.quota), 0);
