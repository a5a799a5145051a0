"""Whose each customer record is, before dbt: the marts are keyed by person."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.operations.absorb import raw_tables
from orchestration.resources import Warehouse
from orchestration.watching import checked, specs
from sluice.operations.identity import identify
from sluice.operations.identity_watch import WATCHES

CROSSWALK = dg.AssetKey(["customers", "crosswalk"])
EDGES = dg.AssetKey(["customers", "edges"])


@dg.definitions
def customers() -> dg.Definitions:
    @dg.multi_asset(
        name="identity",
        specs=[
            dg.AssetSpec(
                CROSSWALK, deps=raw_tables(), group_name="customers", kinds={"postgres"}, description="Whose each customer is."
            ),
            dg.AssetSpec(
                EDGES,
                deps=raw_tables(),
                group_name="customers",
                kinds={"postgres"},
                description="Why two are one person.",
            ),
        ],
        check_specs=specs(WATCHES),
    )
    def identity(warehouse: Warehouse) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with warehouse.connect() as db:
            found = identify(db)
            seen = list(checked(db, WATCHES))
        yield dg.MaterializeResult(
            asset_key=CROSSWALK,
            metadata={
                "dagster/row_count": found.stand["records"],
                "records": found.stand["records"],
                "changed": found.changed,
                "persons": found.stand["persons"],
            },
        )
        edges = {name: found.stand[f"{name}_edges"] for name in ("exact", "probabilistic", "manual")}
        yield dg.MaterializeResult(asset_key=EDGES, metadata={"dagster/row_count": sum(edges.values()), **edges})
        yield from seen

    return dg.Definitions(assets=[identity])
