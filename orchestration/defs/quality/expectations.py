"""Each expectation is a check on its table's asset. All of them run in one step, since importing the library costs seconds."""

from collections.abc import Iterator

import dagster as dg

from orchestration.resources import Warehouse, configuration
from sluice import warehouse as postgres
from sluice.quality import checks, docs

SEVERITY = {"critical": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


@dg.definitions
def quality() -> dg.Definitions:
    connected = {shop.connector for shop in configuration().channels}
    suites = [suite for suite in checks.suites() if _is_fed(suite.table, connected)]
    specs = [
        dg.AssetCheckSpec(expectation.name, asset=key(suite.table), description=expectation.description)
        for suite in suites
        for expectation in suite.expectations
    ]

    @dg.multi_asset_check(name="expectations", specs=specs, can_subset=True)
    def expectations(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        wanted = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
        chosen = [suite for suite in suites if any(asset == key(suite.table) for asset, _ in wanted)]
        found = [result for result in checks.run(postgres.url(), chosen) if (key(result.table), result.name) in wanted]
        with warehouse.connect() as db:
            docs.keep(db, context.run.run_id, found, postgres.home())
        for result in found:
            yield dg.AssetCheckResult(
                asset_key=key(result.table),
                check_name=result.name,
                passed=result.passed,
                severity=SEVERITY[result.severity],
                description=result.detail or None,
                metadata={"observed": dg.MetadataValue.json({"value": result.observed, "sample": list(result.sample)})},
            )

    return dg.Definitions(asset_checks=[expectations])


def _is_fed(table: str, connected: set[str]) -> bool:
    """Whether anything fills the table: a raw table belongs to a connector, which may not be connected."""
    schema, name = table.split(".")
    return schema != "raw" or name.split("_")[0] in connected
