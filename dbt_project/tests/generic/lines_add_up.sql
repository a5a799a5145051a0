{# Net lines add up to the order's items less discount, but for a cent a line that spreading a discount may cost. #}
{% test lines_add_up(model, orders) %}
with line_totals as (
    select
        channel,
        shop,
        order_id,
        sum(total_amount) as total_amount,
        count(*) as line_count
    from {{ model }}
    where line_kind not in ('shipping', 'fee')
    group by channel, shop, order_id
)

select
    orders.channel,
    orders.shop,
    orders.order_id,
    orders.items_amount - orders.discount_amount as expected,
    line_totals.total_amount
from {{ orders }} as orders
inner join line_totals
    on
        orders.channel = line_totals.channel
        and orders.shop = line_totals.shop
        and orders.order_id = line_totals.order_id
where abs(orders.items_amount - orders.discount_amount - line_totals.total_amount) > 0.01 * line_totals.line_count
{% endtest %}
