"""The supplier's sheet: forecast, purchases under way and planned orders by week, as the newest replenishment run left them."""

from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

SHEET_COLUMNS: LiteralString = """
    supplier_id, supplier, facility_id, sku, week_start, forecast, forecast_q90, due, planned_order, planned_receipt,
    projected_stock
"""
SHEET: LiteralString = f"""
select {SHEET_COLUMNS}
from planning.planned_orders
where
    replenishment_id = (select max(replenishment_id) from planning.replenishments)
    and %(supplier)s in (supplier_id, supplier)
order by sku, facility_id, week_start
"""
SUPPLIERS = """
select distinct supplier_id, supplier from planning.planned_orders
where replenishment_id = (select max(replenishment_id) from planning.replenishments) and supplier_id is not null
order by supplier, supplier_id
"""


def sheet(db: Connection[Any], supplier: str) -> list[dict[str, Any]]:
    """Rows of the newest run for a supplier, by id or name; empty where it has none."""
    return _rows(db, SHEET, {"supplier": supplier})


def suppliers(db: Connection[Any]) -> list[str]:
    """Names of those that the newest run has a sheet for; the id of one without a name."""
    return [row["supplier"] or row["supplier_id"] for row in _rows(db, SUPPLIERS, {})]


def _rows(db: Connection[Any], query: LiteralString, values: dict[str, Any]) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
