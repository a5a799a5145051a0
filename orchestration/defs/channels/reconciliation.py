"""Every order that a channel says it has is in the warehouse or in quarantine, and the money agrees to the cent."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.resources import Warehouse, configuration
from sluice.config import Shop
from sluice.operations.reconciliation import reconcile_shop, window

ORDERS = dg.AssetKey(["unified", "orders"])


def reconciliation_checks(shops: Sequence[Shop]) -> dg.AssetChecksDefinition:
    """A check a shop that sells, on the unified orders."""
    selling = {f"agrees_with_{shop.connector}_{shop.shop}": shop for shop in shops if shop.sells}
    specs = [
        dg.AssetCheckSpec(name, asset=ORDERS, description=f"Orders and money agree with {shop.connector}/{shop.shop}.")
        for name, shop in selling.items()
    ]

    @dg.multi_asset_check(name="reconcile", specs=specs, can_subset=True)
    def reconcile(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        for name, shop in selling.items():
            if name not in wanted:
                continue
            with warehouse.connect() as db:
                found = reconcile_shop(db, shop, *window(db, configuration(), shop, datetime.now(UTC)))
            yield dg.AssetCheckResult(
                asset_key=ORDERS,
                check_name=name,
                passed=found.agrees,
                severity=dg.AssetCheckSeverity.ERROR,
                description=found.sentence(),
                metadata=found.metadata(),
            )

    return reconcile
