{#
  Net lines add up to the order's items less discount, but for a cent a line that spreading a discount may cost. Channels differ in
  whether shipping, fees and adjustments that they show as lines are among the items: both ways of counting are right.
#}
{% test lines_add_up(model, orders) %}
{{ reports_only() }}
with line_totals as (
    select
        channel,
        shop,
        order_id,
        sum(total_amount) as all_lines,
        coalesce(sum(total_amount) filter (where line_kind not in ('shipping', 'fee', 'adjustment')), 0) as item_lines,
        0.01 * count(*) as tolerance
    from {{ model }}
    group by channel, shop, order_id
)

select
    orders.channel,
    orders.shop,
    orders.order_id,
    orders.items_amount - orders.discount_amount as expected,
    line_totals.all_lines,
    line_totals.item_lines
from {{ orders }} as orders
inner join line_totals
    on
        orders.channel = line_totals.channel
        and orders.shop = line_totals.shop
        and orders.order_id = line_totals.order_id
where
    abs(orders.items_amount - orders.discount_amount - line_totals.all_lines) > line_totals.tolerance
    and abs(orders.items_amount - orders.discount_amount - line_totals.item_lines) > line_totals.tolerance
{% endtest %}
