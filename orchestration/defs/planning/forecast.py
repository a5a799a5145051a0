"""The forecast of every item, before the plan that uses it."""

import time

import dagster as dg

from orchestration.plots import plot
from orchestration.resources import Warehouse, configuration
from sluice.operations.as_of import first_day_unknown
from sluice.operations.forecast import make, sold
from sluice.planning import plots

SHOWN = 52
"""Weeks of history in the plot."""


@dg.definitions
def forecasts() -> dg.Definitions:
    @dg.asset(
        key=["planning", "forecasts"],
        deps=[["marts", "demand_daily"], ["marts", "fct_order_lines"], ["marts", "dim_products"], ["ops", "stock_positions"]],
        group_name="planning",
        description="Pieces asked for a week, SKU and facility; channels add up to them. With models and their scores.",
    )
    def forecast(warehouse: Warehouse) -> dg.MaterializeResult:
        config = configuration()
        with warehouse.connect() as db:
            began = time.monotonic()
            made = make(
                db,
                config.planning,
                first_day_unknown(db, config.planning),
                {shop.country for shop in config.channels if shop.country},
            )
            seconds = time.monotonic() - began
            history = sold(db, made.as_of, SHOWN)
        chosen = made.models.filter("is_chosen")
        return dg.MaterializeResult(
            metadata={
                "forecast_id": made.forecast_id,
                "as_of": made.as_of.isoformat(),
                "dagster/row_count": made.items,
                "seconds": round(seconds, 2),
                "fallbacks": made.fallbacks,
                "sold_out_days": made.sold_out_days,
                "models": ", ".join(f"{row['demand_class']}: {row['model']}" for row in chosen.iter_rows(named=True)),
                "plot": plot("forecast", plots.forecast(history, made.total, band="sum of items' 80 %")),
            }
        )

    return dg.Definitions(assets=[forecast])
