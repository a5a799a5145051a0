-- check: sales_have_no_negative_total
-- severity: warning
-- A negative total is no sale: it should be classified as what it is.
select o.channel, o.shop, o.order_id, o.total_amount, o.currency
from marts.fct_orders as o
where o.order_kind = 'sale' and o.total_amount < 0;

-- check: every_sale_has_lines
-- severity: critical
-- A sale without lines has lost them on the way: unless it was cancelled before it came to anything, or the export holds totals only.
select o.channel, o.shop, o.order_id, o.total_amount, o.currency
from marts.fct_orders as o
where
    o.order_kind = 'sale'
    and o.line_count = 0
    and not (o.is_cancelled is true and o.total_amount = 0)
    and not (
        o.channel = 'file'
        and not exists (
            select from raw.manifest as m
            where m.channel = o.channel and m.shop = o.shop and m.stream = 'order_lines' and m.records > 0
        )
    );

-- check: every_shop_tells_what_it_sells
-- severity: warning
-- A shop none of whose sales has a line gives no demand to plan by.
select o.channel, o.shop, count(*) as sales
from marts.fct_orders as o
where o.order_kind = 'sale'
group by o.channel, o.shop
having max(o.line_count) = 0;

-- check: no_order_comes_from_the_future
-- severity: warning
-- An order of the day after tomorrow has its time zone or its year wrong.
select o.channel, o.shop, o.order_id, o.ordered_at
from marts.fct_orders as o
where o.ordered_at > now() + interval '1 day';

-- check: nothing_is_paid_before_it_is_ordered
-- severity: warning
-- A payment more than a day before its order has its time zone or its order wrong.
select o.channel, o.shop, o.order_id, o.ordered_at, o.paid_at
from marts.fct_orders as o
where o.paid_at < o.ordered_at - interval '1 day';

-- check: no_shop_fell_silent
-- severity: warning
-- In the newest week that any shop has orders of, a shop sold less than a fifth of its weekly mean of the four weeks before.
with newest as (
    select max(o.ordered_date) as newest_date
    from marts.fct_orders as o
    where o.order_kind = 'sale' and o.ordered_date <= current_date
),

weeks as (
    select o.channel, o.shop,
        count(*) filter (where o.ordered_date > n.newest_date - 7) as last_week,
        count(*) filter (where o.ordered_date <= n.newest_date - 7) / 4.0 as mean_week
    from marts.fct_orders as o
    inner join newest as n on o.ordered_date > n.newest_date - 35 and o.ordered_date <= n.newest_date
    where o.order_kind = 'sale'
    group by o.channel, o.shop
)

select w.channel, w.shop, w.last_week, w.mean_week
from weeks as w
where w.mean_week >= 20 and w.last_week < 0.2 * w.mean_week;
