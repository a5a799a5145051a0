-- check: every_connected_shop_has_trades
-- severity: warning
-- A connected shop without a single row delivers nothing, or is read wrongly.
select s.shop
from raw.shops as s
where s.channel = 'taobao' and not exists (select from raw.taobao_trades as r where r.shop = s.shop);

-- check: something_new_came_lately
-- severity: warning
-- A shop that has rows landed something, of any kind, within 3 days.
select s.shop, max(m.landed_at) as last_landed_at
from raw.shops as s
left join raw.manifest as m on m.channel = s.channel and m.shop = s.shop
where s.channel = 'taobao' and exists (select from raw.taobao_trades as r where r.shop = s.shop)
group by s.shop
having coalesce(max(m.landed_at), '-infinity') < now() - interval '3 days';

-- check: nothing_is_in_quarantine
-- severity: warning
-- Records of any of the channel's streams that broke their contract wait to be mended and replayed.
select q.shop, q.stream, q.reason, count(*) as records
from raw.quarantine as q
where q.channel = 'taobao' and q.resolved_at is null
group by q.shop, q.stream, q.reason
order by records desc;

-- check: not_changed_before_it_was_made
-- severity: warning
-- modified is not before created.
select t.shop, t.tid, t.created, t.modified
from raw.taobao_trades as t
where t.modified < t.created;

-- check: paid_trades_have_a_time_of_payment
-- severity: warning
-- Once goods wait to be sent, pay_time is there.
select t.shop, t.tid, t.status
from raw.taobao_trades as t
where t.pay_time is null and t.status in (
    'WAIT_SELLER_SEND_GOODS', 'SELLER_CONSIGNED_PART', 'WAIT_BUYER_CONFIRM_GOODS', 'TRADE_BUYER_SIGNED', 'TRADE_FINISHED'
);

-- check: every_trade_has_orders
-- severity: critical
-- A trade consists of orders (lines): one without any has lost them.
select t.shop, t.tid
from raw.taobao_trades as t
where t._deleted_at is null and not exists (
    select from raw.taobao_trades__orders as o where o.shop = t.shop and o._parent_tid = t.tid
);
