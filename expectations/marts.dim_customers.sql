-- check: contacts_are_masked
-- severity: critical
-- Personal data is unreadable in the marts.
select c.channel, c.shop, count(*) as readable
from marts.dim_customers as c
where c.name_masked !~ '\*' or c.email_masked !~ '\*' or c.phone_masked !~ '\*'
group by c.channel, c.shop;

-- check: pseudonyms_are_hashes
-- severity: critical
-- A pseudonym is 64 hexadecimal digits, or null where there is nothing to hide.
select c.channel, c.shop, count(*) as wrong
from marts.dim_customers as c
where c.email_pseudonym !~ '^[0-9a-f]{64}$' or c.phone_pseudonym !~ '^[0-9a-f]{64}$'
group by c.channel, c.shop;
