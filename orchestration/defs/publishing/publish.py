"""Quotas to the channels that take them, an asset a shop."""

import dagster as dg

from orchestration.resources import Warehouse, configuration
from sluice.config import Shop
from sluice.operations.decide import newest_run
from sluice.operations.publish import deliver, queue

QUOTAS = dg.AssetKey(["planning", "quotas"])


def publication(shop: Shop) -> dg.AssetsDefinition:
    """Queue the newest plan's numbers for one shop and deliver what is due."""

    @dg.asset(
        key=["published", f"{shop.connector}_{shop.shop}"],
        deps=[QUOTAS, dg.AssetKey(["unified", "products"])],
        group_name="publishing",
        kinds={shop.connector},
        description=f"Quotas published to {shop.name or shop.shop}, and what the channel shows after.",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10),
    )
    def publish(warehouse: Warehouse) -> dg.MaterializeResult:
        with warehouse.connect() as db:
            run_id = newest_run(db)
            queued = 0
            if run_id is not None:
                queued = queue(db, run_id, shop.connector, shop.shop, by_facility=shop.type.publishes == "facility")
                db.commit()
            sent = deliver(db, shop.connector, shop.shop, shop.type.open(shop.connect()))
        return dg.MaterializeResult(
            metadata={
                "plan_run_id": run_id,
                "queued": queued,
                "sent": sent.sent,
                "confirmed": sent.confirmed,
                "refused": sent.refused,
                "dead": sent.dead,
            }
        )

    return publish


@dg.definitions
def publishing() -> dg.Definitions:
    return dg.Definitions(assets=[publication(shop) for shop in configuration().channels if shop.type.publishes])
