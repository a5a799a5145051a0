-- Existing commitments enter the ledger as what they hold.
select ops.lock_items(array_agg(i.facility_id), array_agg(i.sku)) from (
    select distinct facility_id, sku from ops.commitments where quantity > 0
) as i;
insert into ops.stock_movements (
    occurred_at, facility_id, sku, kind, quantity, committed, presale_promised, channel, shop, order_id, line_id
)
select
    changed_at, facility_id, sku, case when is_presale then 'presale_reserve' else 'reserve' end, quantity,
    case when is_presale then 0 else quantity end, case when is_presale then quantity else 0 end, channel, shop, order_id, line_id
from ops.commitments where quantity > 0;
