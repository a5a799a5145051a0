insert into marts.dim_facilities (facility_id, kind, priority) values ('WH', 'warehouse', 1), ('ST', 'store', 2), ('default', null, null);
-- spoil: kind_is_warehouse_or_store
update marts.dim_facilities set kind = 'garage' where facility_id = 'ST';
-- spoil: default_is_there
delete from marts.dim_facilities where facility_id = 'default';
-- spoil: priorities_are_different
update marts.dim_facilities set priority = 1;
