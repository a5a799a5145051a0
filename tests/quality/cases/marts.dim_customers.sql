insert into marts.dim_customers (channel, shop, customer_id, name_masked, email_masked, email_pseudonym, phone_masked, country, loaded_at)
values
    ('taobao', 'flagship', '1', '王***', 'f***@example.com', repeat('0a', 32), '*******8000', 'CN', now()),
    ('taobao', 'flagship', '2', null, null, null, null, null, now());
-- spoil: country_is_iso_3166
update marts.dim_customers set country = 'China' where customer_id = '1';
-- spoil: contacts_are_masked
update marts.dim_customers set phone_masked = '13800138000' where customer_id = '1';
-- spoil: pseudonyms_are_hashes
update marts.dim_customers set email_pseudonym = 'fang@example.com' where customer_id = '1';
