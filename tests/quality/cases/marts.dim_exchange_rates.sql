insert into raw.shops values ('shopify', 'main', 'Main', 'own_shop', 'USD', 'UTC', 'US', 'CNY');
insert into marts.dim_exchange_rates (base_currency, currency, rate_date, rate)
values ('CNY', 'USD', current_date - 1, 7.1), ('CNY', 'USD', current_date, 7.2);
-- spoil: rate_is_positive
update marts.dim_exchange_rates set rate = 0;
-- spoil: every_currency_has_a_rate_of_today
delete from marts.dim_exchange_rates where rate_date = current_date;
-- spoil: no_rate_jumps
update marts.dim_exchange_rates set rate = 72 where rate_date = current_date;
