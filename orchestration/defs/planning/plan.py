"""The nightly plan: from the forecast safety stock, then how much of the stock each channel may draw."""

from collections.abc import Iterator

import dagster as dg

from orchestration.plots import plot
from orchestration.resources import Warehouse, configuration
from sluice.operations.decide import decide, invariant_violations
from sluice.operations.levels import service_curve
from sluice.operations.outbox import outlets
from sluice.planning import plots

INPUTS = [
    ["marts", "demand_daily"],
    ["marts", "stock_position"],
    ["ops", "stock_positions"],
    ["unified", "purchase_order_lines"],
    ["unified", "products"],
    ["planning", "forecasts"],
]
SAFETY_STOCK = dg.AssetKey(["planning", "safety_stock"])
STOCK_PLAN = dg.AssetKey(["planning", "stock_plan"])
QUOTAS = dg.AssetKey(["planning", "quotas"])
INVARIANT = "every_piece_is_accounted_for"
IN_FORCE = "decisions_in_force_account_for_every_piece"


@dg.definitions
def planning() -> dg.Definitions:
    @dg.multi_asset(
        name="plan",
        specs=[
            dg.AssetSpec(
                SAFETY_STOCK, deps=INPUTS, group_name="planning", description="Safety stock and reorder point a SKU and facility."
            ),
            dg.AssetSpec(
                STOCK_PLAN, deps=INPUTS, group_name="planning", description="On hand, and what every piece of it is for."
            ),
            dg.AssetSpec(
                QUOTAS, deps=INPUTS, group_name="planning", description="Pieces each shop may sell, a SKU and facility."
            ),
        ],
        check_specs=[
            dg.AssetCheckSpec(
                INVARIANT, asset=STOCK_PLAN, description="On hand = safety stock + presale + committed + held + quotas + pool."
            ),
            dg.AssetCheckSpec(
                IN_FORCE, asset=STOCK_PLAN, description="The same of the newest decision of every item, between plans too."
            ),
        ],
    )
    def plan(warehouse: Warehouse) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with warehouse.connect() as db:
            decision = decide(db, configuration().planning, list(outlets(configuration())))
            curve = service_curve(db, configuration().planning, decision.as_of)
            violations = {
                INVARIANT: invariant_violations(db, decision.run_id),
                IN_FORCE: invariant_violations(db),
            }
        about = {"run_id": decision.run_id, "as_of": decision.as_of.isoformat()}
        yield dg.MaterializeResult(
            asset_key=SAFETY_STOCK,
            metadata=about
            | {
                "dagster/row_count": decision.safety_stock_rows,
                "service_against_stock": plot("service against stock", plots.service_against_stock(curve)),
            },
        )
        yield dg.MaterializeResult(
            asset_key=STOCK_PLAN,
            metadata=about
            | {
                "dagster/row_count": decision.stock_plan_rows,
                "pieces_oversold": decision.pieces_oversold,
                "items_unknown": decision.items_unknown,
            },
        )
        yield dg.MaterializeResult(
            asset_key=QUOTAS, metadata=about | {"dagster/row_count": decision.quota_rows, "queued": decision.queued}
        )
        for name, found in violations.items():
            yield dg.AssetCheckResult(asset_key=STOCK_PLAN, check_name=name, passed=found == 0, metadata={"violations": found})

    return dg.Definitions(assets=[plan])
