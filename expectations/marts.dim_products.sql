-- check: most_articles_cost_less_than_their_price
-- severity: warning
-- More than a tenth sold below cost is a price in the wrong currency or unit.
select count(*) as articles, count(*) filter (where p.cost > p.price) as below_cost
from marts.dim_products as p
where p.price > 0 and p.cost is not null
having count(*) filter (where p.cost > p.price) > 0.1 * count(*);
