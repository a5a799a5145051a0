-- check: published_stays_within_quota_and_pool
-- severity: critical
-- No channel is shown more than its quota and the whole shared pool.
select q.facility_id, q.sku, q.channel, q.shop, q.quota, q.published, p.shared_pool
from planning.quotas as q
inner join planning.decided as d on d.run_id = q.run_id and d.facility_id = q.facility_id and d.sku = q.sku
inner join planning.stock_plan as p on p.run_id = q.run_id and p.facility_id = q.facility_id and p.sku = q.sku
where q.published > q.quota + p.shared_pool;

-- check: quotas_are_for_connected_shops
-- severity: critical
-- A quota of a shop that is not connected is stock that nobody can sell.
select distinct q.channel, q.shop
from planning.quotas as q
inner join planning.decided as d on d.run_id = q.run_id and d.facility_id = q.facility_id and d.sku = q.sku
where not exists (select from raw.shops as s where s.channel = q.channel and s.shop = q.shop);

-- check: no_number_was_refused_for_good
-- severity: warning
-- Numbers that a channel refused, after all tries, and that no newer one took the place of.
select m.channel, m.shop, m.listing_id, m.quantity, m.answer
from ops.outbox as m
where m.state = 'dead' and not exists (
    select from ops.outbox as n
    where
        n.channel = m.channel and n.shop = m.shop and n.listing_id = m.listing_id
        and coalesce(n.facility_id, '') = coalesce(m.facility_id, '') and n.message_id > m.message_id
);
