"""Stock: what there is of a SKU in each facility now, and how much of it each shop may sell."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path

from sluice.service.auth import Asking
from sluice.service.database import Connection, Database
from sluice.service.errors import responses
from sluice.service.models import BundleStock, Component, Decision, FacilityStock, Quota, Stock, Text

router = APIRouter(tags=["stock"])
FACILITIES = """
with coming as (
    select facility_id, sum(quantity - received_quantity)::integer as incoming_quantity, min(expected_at) as next_expected_at
    from ops.incoming
    where sku = %(sku)s and status = 'open' and quantity > received_quantity
    group by facility_id
)
select
    facility_id, coalesce(a.on_hand, 0) as on_hand, coalesce(a.committed, 0) as committed, coalesce(a.held, 0) as held,
    coalesce(a.presale_reserve, 0) as presale_reserve, coalesce(a.presale_promised, 0) as presale_promised,
    coalesce(a.unsellable, 0) as unsellable, coalesce(a.safety_stock, 0) as safety_stock, coalesce(a.available, 0) as available,
    coalesce(a.is_known, f.counted_at >= now() - p.stale_after, false) as is_known, f.counted_at,
    coalesce(c.incoming_quantity, 0) as incoming_quantity, c.next_expected_at,
    a.run_id
from (select * from ops.available where sku = %(sku)s) as a
full join coming as c using (facility_id)
cross join ops.stock_policy as p
left join ops.stock_feeds as f using (facility_id)
order by facility_id
"""
DECISIONS = "select run_id, kind, coalesce(finished_at, started_at) as decided_at from planning.runs where run_id = any(%s)"
QUOTAS = """
select q.facility_id, q.channel, q.shop, q.quota, q.published, q.protected, q.rule
from unnest(%(facilities)s::text[], %(runs)s::bigint[]) as d (facility_id, run_id)
inner join planning.quotas as q on q.run_id = d.run_id and q.facility_id = d.facility_id collate "C" and q.sku = %(sku)s
order by q.facility_id, q.channel, q.shop
"""
COMPONENTS = "select component_sku as sku, quantity from ops.kits where bundle_sku = %s order by component_sku"
BUNDLES = """
select distinct on (s.facility_id)
    s.facility_id, greatest(0, s.available) / s.quantity as available, s.sku as scarcest, s.is_known
from (
    select
        a.facility_id, a.sku, c.quantity, a.available, bool_and(a.is_known) over (partition by a.facility_id) as is_known,
        count(*) over (partition by a.facility_id) as there
    from unnest(%(skus)s::text[], %(quantities)s::integer[]) as c (sku, quantity)
    inner join ops.available as a on a.sku = c.sku collate "C"
    where a.facility_id <> 'default'
) as s
where s.there = cardinality(%(skus)s::text[])
order by s.facility_id, greatest(0, s.available) / s.quantity, s.sku
"""


@router.get("/stock/{sku:path}", responses=responses(401, 404, 422, 503))
def read_stock(db: Database, caller: Asking, sku: Annotated[Text, Path(examples=["LMP-001-WHT"])]) -> Stock:
    """A SKU's stock by facility, as the ledger stands at this moment, with the quotas of the decision in force there."""
    # one snapshot: what is held and what was decided about it belong together
    with db.transaction():
        rows = db.execute(FACILITIES, {"sku": sku}).fetchall()
        decisions = _decisions(db, sku, rows)
        components = [Component.model_validate(row) for row in db.execute(COMPONENTS, (sku,))]
        bundles = _bundles(db, components)
    if not rows and not components:
        raise HTTPException(404, f"no facility has or ever had the SKU {sku}")
    facilities = [FacilityStock.model_validate(row | {"decision": decisions.get(row["facility_id"])}) for row in rows]
    return Stock(sku=sku, facilities=facilities, components=components, bundles=bundles)


def _decisions(db: Connection, sku: str, rows: list[dict[str, Any]]) -> dict[str, Decision]:
    """By facility."""
    decided = {row["facility_id"]: row["run_id"] for row in rows if row["run_id"] is not None}
    runs = {row["run_id"]: row for row in db.execute(DECISIONS, (sorted(set(decided.values())),))}
    quotas: dict[str, list[Quota]] = {facility: [] for facility in decided}
    values = {"facilities": list(decided), "runs": list(decided.values()), "sku": sku}
    for row in db.execute(QUOTAS, values):
        quotas[row["facility_id"]].append(Quota.model_validate(row))
    return {facility: Decision(**runs[run], quotas=quotas[facility]) for facility, run in decided.items()}


def _bundles(db: Connection, components: list[Component]) -> list[BundleStock]:
    """Only facilities that know all components: a bundle ships from one."""
    if not components:
        return []
    values = {"skus": [one.sku for one in components], "quantities": [one.quantity for one in components]}
    return [BundleStock.model_validate(row) for row in db.execute(BUNDLES, values)]
