insert into planning.runs (run_id, as_of, policy, started_at, finished_at) overriding system value
values (1, '2026-03-01', '{}', now() - interval '1 day', now() - interval '1 day'), (2, '2026-03-02', '{}', now(), now()),
    (3, '2026-03-02', '{}', now(), null);
insert into planning.stock_plan
    (run_id, facility_id, sku, on_hand, safety_stock, presale_reserve, committed, quota_total, shared_pool, oversold)
values (2, 'WH', 'A', 100, 10, 5, 20, 50, 15, 0), (2, 'WH', 'B', 0, 0, 0, 0, 0, 0, 0), (1, 'WH', 'A', 3, 0, 0, 5, 0, 0, 2);
insert into planning.quotas (run_id, facility_id, sku, channel, shop, quota, published, rule)
values (2, 'WH', 'A', 'shopify', 'main', 20, 20, 'weight'), (2, 'WH', 'A', 'taobao', 'flagship', 30, 45, 'weight');
alter table planning.stock_plan drop constraint if exists stock_adds_up, drop constraint if exists oversold_leaves_nothing;
insert into planning.decided (facility_id, sku, run_id, movement_id) values ('WH', 'A', 2, 0), ('WH', 'B', 2, 0);
-- spoil: on_hand_is_split_without_rest
update planning.stock_plan set shared_pool = 14 where run_id = 2 and sku = 'A';
-- spoil: nothing_is_oversold
update planning.stock_plan set oversold = 2, committed = 2 where run_id = 2 and sku = 'B';
-- spoil: quotas_sum_to_their_total
update planning.quotas set quota = 29 where channel = 'taobao';
