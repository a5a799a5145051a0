-- check: no_day_is_missing
-- severity: critical
-- Every day with a sale of an article is a day of demand.
select distinct l.ordered_date
from marts.fct_order_lines as l
where l.order_kind = 'sale' and not l.is_cancelled and l.line_kind = 'product' and l.sku is not null
    and l.ordered_date is not null
    and not exists (select from marts.demand_daily as d where d.demand_date = l.ordered_date);

-- check: demand_is_not_negative
-- severity: warning
-- Less than nothing is wanted only where a channel books corrections as sales.
select d.demand_date, d.channel, d.shop, d.facility_id, d.sku, d.quantity
from marts.demand_daily as d
where d.quantity < 0;

-- check: no_more_comes_back_than_was_sold
-- severity: warning
-- Pieces of a day's orders that came back are at most those that were sold.
select d.demand_date, d.channel, d.shop, d.facility_id, d.sku, d.quantity, d.returned_quantity
from marts.demand_daily as d
where d.returned_quantity > greatest(d.quantity, 0);
