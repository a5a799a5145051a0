"""Stock: what there is of a SKU in each facility, and how much of it each shop may sell."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path

from sluice.service.auth import Asking
from sluice.service.database import Connection, Database
from sluice.service.errors import responses
from sluice.service.filters import Text
from sluice.service.models import FacilityStock, Plan, Quota, Stock

router = APIRouter(tags=["stock"])
FACILITIES = """
select facility_id, on_hand, committed, presale_reserved, incoming_quantity, next_expected_at, as_of
from marts.stock_position where sku = %s order by facility_id
"""
NEWEST_PLAN = "select run_id, as_of, finished_at from planning.runs where finished_at is not null order by run_id desc limit 1"
QUOTAS = """
select facility_id, channel, shop, quota, published, rule
from planning.quotas where run_id = %s and sku = %s order by facility_id, channel, shop
"""


@router.get("/stock/{sku:path}", responses=responses(401, 404, 422, 503))
def read_stock(db: Database, caller: Asking, sku: Annotated[Text, Path(examples=["LMP-001-WHT"])]) -> Stock:
    """A SKU's stock by facility, as of the last build of the warehouse, with the quotas of the newest finished plan."""
    facilities = [FacilityStock.model_validate(row) for row in db.execute(FACILITIES, (sku,))]
    plan = _plan(db, sku)
    if not facilities and not (plan and plan.quotas):
        raise HTTPException(404, f"no facility has or ever had the SKU {sku}")
    return Stock(sku=sku, facilities=facilities, plan=plan)


def _plan(db: Connection, sku: str) -> Plan | None:
    run = db.execute(NEWEST_PLAN).fetchone()
    if run is None:
        return None
    quotas = [Quota.model_validate(row) for row in db.execute(QUOTAS, (run["run_id"], sku))]
    return Plan(**run, quotas=quotas)
