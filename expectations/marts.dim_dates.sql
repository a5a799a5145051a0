-- check: no_day_is_missing
-- severity: critical
-- The calendar has every day from its first to its last.
select count(*) as days, max(d.date_day) - min(d.date_day) + 1 as expected
from marts.dim_dates as d
having count(*) <> max(d.date_day) - min(d.date_day) + 1;

-- check: calendar_covers_every_order
-- severity: critical
-- An order outside the calendar has no week, no rate and no demand.
select o.channel, o.shop, o.order_id, o.ordered_date
from marts.fct_orders as o
where not exists (select from marts.dim_dates as d where d.date_day = o.ordered_date);
