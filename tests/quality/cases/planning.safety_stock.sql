insert into planning.runs (run_id, as_of, policy, started_at, finished_at) overriding system value
values (1, '2026-03-01', '{}', now() - interval '1 day', now() - interval '1 day'), (2, '2026-03-02', '{}', now(), now()),
    (3, '2026-03-02', '{}', now(), null);
insert into planning.safety_stock (run_id, facility_id, sku, demand_mean, demand_sd, lead_time_mean_days, lead_time_sd_days,
    service_level, method, safety_stock, reorder_point)
values (2, 'WH', 'A', 1, 1, 7, 1, 0.95, 'normal', 10, 17), (1, 'WH', 'A', 1, 1, 7, 1, 0.95, 'normal', 10, 1);
-- spoil: reorder_point_covers_safety_stock
update planning.safety_stock set reorder_point = 9 where run_id = 2;
-- spoil: newest_plan_is_recent
update planning.runs set started_at = started_at - interval '3 days', finished_at = finished_at - interval '3 days';
