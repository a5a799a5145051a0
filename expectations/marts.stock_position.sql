-- check: every_facility_is_known
-- severity: critical
-- Stock stands in a facility that the ERP names, or in default.
select distinct s.facility_id
from marts.stock_position as s
where not exists (select from marts.dim_facilities as f where f.facility_id = s.facility_id);

-- check: promised_pieces_are_there
-- severity: warning
-- What orders, checkouts and arrived presales hold is on hand.
select s.facility_id, s.sku, s.on_hand, s.committed, s.held, s.presale_reserve
from marts.stock_position as s
where s.committed + s.held + s.presale_reserve > greatest(s.on_hand, 0)
order by s.committed + s.held + s.presale_reserve - s.on_hand desc;

-- check: stock_was_counted_lately
-- severity: warning
-- A plan on stock of the day before yesterday oversells.
select s.facility_id, max(s.counted_at) as counted_at
from marts.stock_position as s
group by s.facility_id
having max(s.counted_at) < now() - interval '2 days';
