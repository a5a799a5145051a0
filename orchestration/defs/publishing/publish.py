"""Numbers to the channels that take them, an asset a shop: what moved is decided anew, and what is due goes out."""

from collections.abc import Iterator

import dagster as dg

from orchestration.resources import Warehouse, configuration
from orchestration.watching import checked, specs
from sluice.config import Shop
from sluice.operations.decide import newest_run
from sluice.operations.outbox import Outlet, outlets
from sluice.operations.publish import deliver
from sluice.operations.republish import Republisher
from sluice.operations.watch import arrives, reads_back

QUOTAS = dg.AssetKey(["planning", "quotas"])
# Also those that the republisher sent before us.
SENT = """
select
    count(*) as queued, count(*) filter (where state = 'sent') as sent, count(*) filter (where state = 'pending') as waiting,
    count(*) filter (where state = 'sent' and read_back = quantity) as confirmed, count(*) filter (where state = 'dead') as dead
from ops.outbox where channel = %s and shop = %s and run_id >= %s and state <> 'superseded'
"""
NAMES = ("queued", "sent", "waiting", "confirmed", "dead")


def publication(outlet: Outlet, shop: Shop) -> dg.AssetsDefinition:
    """One pass between plans, then all that is due to one shop."""
    key = dg.AssetKey(["published", f"{outlet.channel}_{outlet.shop}"])
    watched = [arrives(outlet), reads_back(outlet)]

    @dg.multi_asset(
        name=f"published__{outlet.channel}_{outlet.shop}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[QUOTAS, dg.AssetKey(["unified", "products"]), dg.AssetKey(["ops", "stock_positions"])],
                group_name="publishing",
                kinds={outlet.channel},
                description=f"Numbers published to {shop.name or shop.shop}, and what the channel shows after.",
            )
        ],
        check_specs=specs(watched),
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10),
    )
    def publish(warehouse: Warehouse) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with warehouse.connect() as db:
            republisher = Republisher(db, list(outlets(configuration())))
            republisher.expire()
            done = republisher.decide(sweep=True)
            while done.changes:
                done = republisher.decide()
            delivered = deliver(db, outlet, shop.type.open(shop.connect()))
            run_id = newest_run(db)
            numbers = db.execute(SENT, (outlet.channel, outlet.shop, run_id or 0)).fetchone() or (0,) * len(NAMES)
            found = list(checked(db, watched))
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={"plan_run_id": run_id, **dict(zip(NAMES, numbers, strict=True)), "fault": delivered.fault or ""},
        )
        yield from found

    return publish


@dg.definitions
def publishing() -> dg.Definitions:
    return dg.Definitions(assets=[publication(outlet, shop) for outlet, shop in outlets(configuration()).items()])
