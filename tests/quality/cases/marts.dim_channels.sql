insert into raw.shops values ('taobao', 'flagship', 'Flagship', 'marketplace', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
insert into marts.dim_channels (channel, shop, name, kind, currency, timezone, base_currency)
values ('taobao', 'flagship', 'Flagship', 'marketplace', 'CNY', 'Asia/Shanghai', 'CNY');
-- spoil: currency_is_iso_4217
update marts.dim_channels set currency = 'Yuan';
-- spoil: every_connected_shop_is_listed
insert into raw.shops values ('taobao', 'outlet', 'Outlet', 'marketplace', 'CNY', 'Asia/Shanghai', 'CN', 'CNY');
-- spoil: every_timezone_exists
update marts.dim_channels set timezone = 'Asia/Hangzhou';
