-- check: every_connected_shop_is_listed
-- severity: critical
-- What the configuration connects is a shop of the warehouse.
select s.channel, s.shop
from raw.shops as s
where not exists (select from marts.dim_channels as c where c.channel = s.channel and c.shop = s.shop);

-- check: every_timezone_exists
-- severity: critical
-- Business days follow a zone that PostgreSQL knows.
select c.channel, c.shop, c.timezone
from marts.dim_channels as c
where not exists (select from pg_timezone_names as z where z.name = c.timezone);
