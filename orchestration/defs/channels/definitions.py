"""One set of landing assets a connected connector."""

import dagster as dg

from orchestration.defs.channels.landing import landing_assets
from orchestration.defs.channels.reconciliation import reconciliation_checks
from orchestration.resources import configuration


@dg.definitions
def channels() -> dg.Definitions:
    shops = configuration().channels
    connectors = {shop.connector: shop.type for shop in shops}
    landing = [
        landing_assets(connector, [shop for shop in shops if shop.connector == name]) for name, connector in connectors.items()
    ]
    connected = dg.AssetSpec(["raw", "shops"], group_name="channels", description="The shops that sluice.yaml connects.")
    return dg.Definitions(assets=[*landing, connected], asset_checks=[reconciliation_checks(shops)])
