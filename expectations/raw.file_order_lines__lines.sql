-- check: every_line_has_an_amount
-- severity: critical
-- Unit price or total is there; the other follows.
select l.shop, l._parent_order_id, l.line_id
from raw.file_order_lines__lines as l
where l.unit_price is null and l.total_amount is null;

-- check: price_times_quantity_is_the_total
-- severity: warning
-- quantity * unit_price - discount = total, to the cent, where a file states all of them.
select l.shop, l._parent_order_id, l.line_id, l.quantity, l.unit_price, l.discount_amount, l.total_amount
from raw.file_order_lines__lines as l
where abs(l.quantity * l.unit_price - coalesce(l.discount_amount, 0) - l.total_amount) > 0.01;
