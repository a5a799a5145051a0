insert into marts.dim_dates (date_day) select day::date from generate_series(timestamp '2026-01-01', '2026-12-31', '1 day') as day;
insert into marts.fct_orders (channel, shop, order_id, ordered_date, loaded_at) values ('taobao', 'flagship', '1', '2026-03-01', now());
-- spoil: no_day_is_missing
delete from marts.dim_dates where date_day = '2026-07-01';
-- spoil: calendar_covers_every_order
update marts.fct_orders set ordered_date = '2027-01-01';
