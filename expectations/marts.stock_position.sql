-- check: every_facility_is_known
-- severity: critical
-- Stock stands in a facility that the ERP names, or in default.
select distinct s.facility_id
from marts.stock_position as s
where not exists (select from marts.dim_facilities as f where f.facility_id = s.facility_id);

-- check: promised_pieces_are_there
-- severity: warning
-- What accepted orders hold is on hand.
select s.facility_id, s.sku, s.on_hand, s.committed
from marts.stock_position as s
where s.committed > greatest(s.on_hand, 0)
order by s.committed - s.on_hand desc;

-- check: stock_was_counted_lately
-- severity: warning
-- A plan on stock of the day before yesterday oversells.
select max(s.as_of) as newest_as_of
from marts.stock_position as s
having max(s.as_of) < now() - interval '2 days';
