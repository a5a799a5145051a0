"""The digital twin as an asset of its own job: it costs minutes, so no run waits for it."""

from typing import Any

import dagster as dg

from orchestration.plots import plot
from orchestration.resources import Warehouse, configuration
from sluice.operations.compare_scenarios import Asked, Simulation, prepared, simulation
from sluice.planning.twin.plots import bars

INPUTS = [["marts", "demand_daily"], ["ops", "stock_positions"], ["unified", "purchase_order_lines"], ["planning", "quotas"]]
GROUP = "simulation"
ASKED = Asked(days=90, seeds=20, skus=500)


@dg.definitions
def simulations() -> dg.Definitions:
    @dg.asset(
        key=["simulation", "scenarios"],
        deps=INPUTS,
        group_name=GROUP,
        description="Six steps from a static split of stock, and the policy in force, in the same worlds; the twin's error.",
    )
    def scenarios(warehouse: Warehouse) -> dg.MaterializeResult[Any]:
        with warehouse.connect() as db:
            known = prepared(db, configuration().planning, ASKED)
        if known is None:
            return dg.MaterializeResult(metadata={"scenarios": "nothing was sold yet"})
        return dg.MaterializeResult(metadata=_told(simulation(known, ASKED)))

    return dg.Definitions(assets=[scenarios], jobs=[dg.define_asset_job("simulate", selection=dg.AssetSelection.groups(GROUP))])


def _told(made: Simulation) -> dict[str, Any]:
    best = made.outcomes[-1]
    return {
        "scenarios": plot("Measures by scenario", bars(made.outcomes)),
        "days": made.days,
        "worlds": made.seeds,
        "in_force_stockout_rate": best.value["stockout_rate"],
        "in_force_turnover": best.value["turnover"],
        "error": dg.MetadataValue.json(
            [{"with": one.what, "stock_wape": one.stock_wape, "refused": one.refused} for one in made.error]
        ),
    }
