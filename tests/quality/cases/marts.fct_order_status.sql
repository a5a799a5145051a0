insert into marts.fct_order_status (event_id, channel, shop, order_id, axis, from_status, to_status)
values
    (1, 'taobao', 'flagship', '1', 'payment', null, 'pending'), (2, 'taobao', 'flagship', '1', 'order', null, 'open'),
    (3, 'taobao', 'flagship', '1', 'payment', 'pending', 'paid');
-- spoil: to_status_is_known
update marts.fct_order_status set to_status = null where event_id = 3;
-- spoil: axis_is_one_of_three
update marts.fct_order_status set axis = 'mood' where event_id = 2;
-- spoil: each_change_goes_on_where_the_last_one_ended
update marts.fct_order_status set from_status = 'authorized' where event_id = 3;
