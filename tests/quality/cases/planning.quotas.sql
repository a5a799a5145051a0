insert into planning.runs (run_id, as_of, policy, started_at, finished_at) overriding system value
values (1, '2026-03-01', '{}', now() - interval '1 day', now() - interval '1 day'), (2, '2026-03-02', '{}', now(), now()),
    (3, '2026-03-02', '{}', now(), null);
insert into raw.shops values ('taobao', 'flagship', 'Flagship', 'marketplace', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
insert into planning.stock_plan
    (run_id, facility_id, sku, on_hand, safety_stock, presale_reserve, committed, quota_total, shared_pool, oversold)
values (2, 'WH', 'A', 45, 0, 0, 0, 30, 15, 0);
insert into planning.quotas (run_id, facility_id, sku, channel, shop, quota, published, rule)
values (2, 'WH', 'A', 'taobao', 'flagship', 30, 45, 'weight');
insert into ops.outbox (decision_id, run_id, channel, shop, sku, product_id, listing_id, quantity, state)
values ('1', 1, 'taobao', 'flagship', 'A', '1', '1', 45, 'dead'), ('2', 2, 'taobao', 'flagship', 'A', '1', '1', 45, 'sent');
insert into planning.decided (facility_id, sku, run_id, movement_id) values ('WH', 'A', 2, 0);
-- spoil: published_stays_within_quota_and_pool
update planning.quotas set published = 46;
-- spoil: quotas_are_for_connected_shops
delete from raw.shops;
-- spoil: no_number_was_refused_for_good
update ops.outbox set state = 'dead' where run_id = 2;
