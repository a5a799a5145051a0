-- check: each_change_goes_on_where_the_last_one_ended
-- severity: critical
-- An order's history on an axis has no gap: what it changes from is what it had changed to.
with chained as (
    select s.channel, s.shop, s.order_id, s.axis, s.from_status, s.to_status,
        lag(s.to_status) over (partition by s.channel, s.shop, s.order_id, s.axis order by s.event_id) as before
    from marts.fct_order_status as s
)

select c.channel, c.shop, c.order_id, c.axis, c.before, c.from_status, c.to_status
from chained as c
where c.from_status is distinct from c.before;
