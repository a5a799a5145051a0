"""What the house watches, as checks of Dagster's: the same queries, names and alerts as between runs."""

from collections.abc import Iterable, Iterator

import dagster as dg
import psycopg

from sluice.operations.watch import Sight, Watch, look

SEVERITY = {"critical": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def specs(watches: Iterable[Watch]) -> list[dg.AssetCheckSpec]:
    return [dg.AssetCheckSpec(watch.name, asset=_asset(watch), description=watch.description) for watch in watches]


def checked(db: psycopg.Connection, watches: Iterable[Watch]) -> Iterator[dg.AssetCheckResult]:
    for watch in watches:
        yield result(watch, look(db, watch))


def result(watch: Watch, sight: Sight) -> dg.AssetCheckResult:
    rows = [{name: str(value) for name, value in row.items()} for row in sight.rows]
    return dg.AssetCheckResult(
        asset_key=_asset(watch),
        check_name=watch.name,
        passed=sight.is_well,
        severity=SEVERITY[watch.severity],
        description=sight.words or None,
        metadata={"found": sight.count, "rows": dg.MetadataValue.json(rows)},
    )


def _asset(watch: Watch) -> dg.AssetKey:
    return dg.AssetKey(watch.asset.split("."))
