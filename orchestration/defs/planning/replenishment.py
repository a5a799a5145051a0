"""What to move and to buy, after the marts are built."""

from collections.abc import Iterator

import dagster as dg

from orchestration.resources import Warehouse, configuration
from sluice.operations.replenish import replenish

POLICIES = dg.AssetKey(["planning", "reorder_policies"])
SUGGESTIONS = dg.AssetKey(["planning", "replenishment_suggestions"])
INPUTS = [
    ["marts", "demand_daily"],
    ["marts", "dim_products"],
    ["ops", "stock_positions"],
    ["unified", "purchase_order_lines"],
    ["planning", "forecasts"],
    ["planning", "stock_plan"],
]


@dg.definitions
def replenishment() -> dg.Definitions:
    @dg.multi_asset(
        name="replenishment",
        specs=[
            dg.AssetSpec(POLICIES, deps=INPUTS, group_name="planning", description="What each item is filled up to, and when."),
            dg.AssetSpec(
                SUGGESTIONS, deps=INPUTS, group_name="planning", description="What to buy, move, hasten, put off, call off."
            ),
        ],
    )
    def replenishment(warehouse: Warehouse) -> Iterator[dg.MaterializeResult[None]]:
        with warehouse.connect() as db:
            made = replenish(db, configuration().planning)
        about = {"replenishment_id": made.replenishment_id, "as_of": made.as_of.isoformat()}
        yield dg.MaterializeResult(asset_key=POLICIES, metadata=about | {"dagster/row_count": made.items})
        yield dg.MaterializeResult(
            asset_key=SUGGESTIONS, metadata=about | {"dagster/row_count": sum(made.kinds.values())} | made.kinds
        )

    return dg.Definitions(assets=[replenishment])
