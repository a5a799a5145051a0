"""How the numbers of the newest plan came to be, of one SKU: demand, model, lead time, safety stock, quotas."""

from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

Row = dict[str, Any]

PLANNED = """
select
    s.run_id, r.as_of, s.facility_id, s.sku, s.demand_mean, s.demand_sd, s.lead_time_mean_days, s.lead_time_sd_days,
    s.lead_time_source, s.service_level, s.target_kind, s.abc, s.method, s.quantile, s.error_shift, s.error_spread,
    s.safety_stock as safety_stock_wanted, s.reorder_point, s.up_to, s.policy, s.order_quantity, s.policy_terms,
    coalesce(s.review_period_days::text, r.policy ->> 'review_period_days') as review_period_days,
    r.policy ->> 'horizon_days' as horizon_days,
    p.on_hand, p.safety_stock, p.presale_reserve, p.committed, p.held, p.quota_total, p.shared_pool, p.oversold,
    r.forecast_id, f.demand_class, f.adi, f.cv2, f.model, f.days, f.sold_out_days, f.promoted_days,
    f.facility_id is not null as is_forecast
from planning.safety_stock as s
inner join planning.runs as r on r.run_id = s.run_id
left join planning.stock_plan as p on p.run_id = s.run_id and p.facility_id = s.facility_id and p.sku = s.sku
left join planning.forecast_items as f
    on f.forecast_id = r.forecast_id and f.facility_id = s.facility_id and f.sku = s.sku
where s.run_id = (select max(run_id) from planning.runs where finished_at is not null and kind = 'plan')
    and s.sku = %(sku)s and (%(facility)s::text is null or s.facility_id = %(facility)s)
order by s.facility_id
"""
MODELS = """
select model, rmsse, bias, is_chosen from planning.forecast_models
where forecast_id = %(forecast_id)s and demand_class = %(demand_class)s order by is_chosen desc, rmsse nulls last, model
"""
PROMOTIONS = """
select kind, channel, shop, past_days, sold, usual, share, uplift_of_all, uplift, planned_days from planning.forecast_promotions
where forecast_id = %(forecast_id)s and facility_id = %(facility_id)s and sku = %(sku)s order by kind, channel, shop
"""
WEEKS = """
select week_start, mean, coalesce(baseline, mean) as baseline, sd, q10, q50, q90, q95 from planning.forecasts
where forecast_id = %(forecast_id)s and facility_id = %(facility_id)s and sku = %(sku)s order by week_start
"""
CHANNELS = """
select b.channel, b.shop, b.expected, b.spread, q.quota, q.published, q.rule
from planning.basis as b
left join planning.quotas as q
    on q.run_id = b.run_id and q.facility_id = b.facility_id and q.sku = b.sku and q.channel = b.channel and q.shop = b.shop
where b.run_id = %(run_id)s and b.facility_id = %(facility_id)s and b.sku = %(sku)s order by b.channel, b.shop
"""


def explain_plan(db: Connection, sku: str, facility: str | None = None) -> list[Row]:
    """One row a facility, with `models`, `weeks`, `promotions` and `channels` as rows within.

    Empty where the newest plan has no such item.
    """
    with db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        found = _rows(db, PLANNED, {"sku": sku, "facility": facility})
        for row in found:
            forecast = row["is_forecast"]
            row["models"] = _rows(db, MODELS, row) if forecast else []
            row["weeks"] = _rows(db, WEEKS, row) if forecast else []
            row["promotions"] = _rows(db, PROMOTIONS, row) if forecast else []
            row["channels"] = _rows(db, CHANNELS, row)
    return found


def _rows(db: Connection, query: LiteralString, values: Row) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
