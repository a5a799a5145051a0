"""Statuses and commitments: landing appends them as it goes; here what it could not see yet is taken in."""

from collections.abc import Iterator

import dagster as dg

from orchestration.resources import Warehouse, configuration
from sluice.operations.absorb import absorb as take_in

EVENTS = dg.AssetKey(["ops", "order_events"])
COMMITMENTS = dg.AssetKey(["ops", "commitments"])


def raw_tables() -> list[dg.AssetKey]:
    """Every raw table that an order's status or lines come from."""
    connectors = {shop.connector: shop.type for shop in configuration().channels}
    return [
        dg.AssetKey(["raw", f"{connector.name}_{stream.name}"])
        for connector in connectors.values()
        for stream in connector.streams
    ]


@dg.definitions
def operations() -> dg.Definitions:
    @dg.multi_asset(
        name="absorb",
        specs=[
            dg.AssetSpec(
                EVENTS, deps=raw_tables(), group_name="ops", kinds={"postgres"}, description="History of every order's statuses."
            ),
            dg.AssetSpec(
                COMMITMENTS, deps=raw_tables(), group_name="ops", kinds={"postgres"}, description="Pieces that orders hold."
            ),
        ],
    )
    def absorb(warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        with warehouse.connect() as db:
            read = take_in(db)
            events = db.execute("select count(*) from ops.order_events").fetchone()
            held = db.execute("select count(*), coalesce(sum(quantity), 0) from ops.commitments where quantity > 0").fetchone()
        assert events
        assert held
        yield dg.MaterializeResult(asset_key=EVENTS, metadata={"orders_read": read, "dagster/row_count": events[0]})
        yield dg.MaterializeResult(asset_key=COMMITMENTS, metadata={"lines_holding": held[0], "pieces_held": int(held[1])})

    return dg.Definitions(assets=[absorb])
