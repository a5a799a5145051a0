"""Suppliers: what each is told of the weeks to come."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from sluice.operations.supplier_sheet import sheet
from sluice.service.auth import Asking
from sluice.service.database import Database
from sluice.service.errors import responses
from sluice.service.models import Row, Text

router = APIRouter(tags=["suppliers"])


class SheetRow(Row):
    """A SKU at a facility in a week, in pieces."""

    supplier_id: str | None = Field(examples=["17"])
    supplier: str | None = Field(examples=["Ningbo Lighting"])
    facility_id: str = Field(examples=["SH"])
    sku: str = Field(examples=["LMP-001-WHT"])
    week_start: date
    forecast: float = Field(description="Expected to be asked for in the week.")
    forecast_q90: float | None = Field(description="Its 90 % quantile; null where there is no fresh forecast.")
    due: int = Field(description="Of open purchases expected in the week; late ones in the first.")
    planned_order: int = Field(description="To be ordered in the week; in the first what the run suggests to buy.")
    planned_receipt: int = Field(description="Of planned orders expected in the week.")
    projected_stock: float = Field(description="Free at the week's end if demand is as forecast; below 0 orders wait.")


@router.get("/suppliers/{supplier:path}/sheet", responses=responses(401, 404, 422, 503))
def read_sheet(
    db: Database,
    caller: Asking,
    supplier: Annotated[Text, Path(description="Id or name, as the ERP has it.", examples=["17"])],
) -> list[SheetRow]:
    """A supplier's sheet of the newest replenishment run: forecast, purchases under way and planned orders by week."""
    rows = sheet(db, supplier)
    if not rows:
        raise HTTPException(404, f"the newest replenishment run has no item of the supplier {supplier}")
    return [SheetRow.model_validate(row) for row in rows]
