"""Statuses, commitments and stock: landing appends them as it goes; here what it could not see yet is taken in and watched."""

from collections.abc import Iterator
from typing import LiteralString

import dagster as dg
from psycopg import Connection

from orchestration.resources import Warehouse, configuration
from orchestration.watching import checked, result, specs
from sluice.operations import watch
from sluice.operations.absorb import absorb as take_in
from sluice.operations.watch import STOCK

EVENTS = dg.AssetKey(["ops", "order_events"])
COMMITMENTS = dg.AssetKey(["ops", "commitments"])
MOVEMENTS = dg.AssetKey(["ops", "stock_movements"])
POSITIONS = dg.AssetKey(["ops", "stock_positions"])
FEEDS = dg.AssetKey(["ops", "stock_feeds"])
OVERSELLS = dg.AssetKey(["ops", "oversells"])
STANDING: LiteralString = """
select count(*), coalesce(sum(on_hand), 0)::bigint, coalesce(sum(committed), 0)::bigint, coalesce(sum(held), 0)::bigint,
    coalesce(sum(presale_reserve), 0)::bigint
from ops.stock_positions
"""


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
            dg.AssetSpec(
                MOVEMENTS, deps=raw_tables(), group_name="ops", kinds={"postgres"}, description="The append-only ledger of stock."
            ),
            dg.AssetSpec(
                POSITIONS,
                deps=raw_tables(),
                group_name="ops",
                kinds={"postgres"},
                description="Where stock stands, from the ledger: counts and orders that were landed are taken in.",
            ),
            dg.AssetSpec(
                FEEDS, deps=raw_tables(), group_name="ops", kinds={"postgres"}, description="When each facility was last counted."
            ),
        ],
        check_specs=specs(STOCK),
    )
    def absorb(warehouse: Warehouse) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with warehouse.connect() as db:
            read = take_in(db)
            db.commit()
            events = _row(db, "select count(*) from ops.order_events")
            held = _row(db, "select count(*), coalesce(sum(quantity), 0)::bigint from ops.commitments where quantity > 0")
            moved = _row(db, "select coalesce(max(movement_id), 0) from ops.stock_movements")
            stock = _row(db, STANDING)
            feeds = _row(db, "select count(*) from ops.stock_feeds")
            found = list(checked(db, STOCK))
        yield dg.MaterializeResult(asset_key=EVENTS, metadata={"orders_read": read, "dagster/row_count": events[0]})
        yield dg.MaterializeResult(asset_key=COMMITMENTS, metadata={"lines_holding": held[0], "pieces_held": held[1]})
        yield dg.MaterializeResult(asset_key=MOVEMENTS, metadata={"last_movement": moved[0]})
        yield dg.MaterializeResult(
            asset_key=POSITIONS,
            metadata=dict(zip(("dagster/row_count", "on_hand", "committed", "held", "presale_reserve"), stock, strict=True)),
        )
        yield dg.MaterializeResult(asset_key=FEEDS, metadata={"dagster/row_count": feeds[0]})
        yield from found

    @dg.multi_asset(
        name="oversells",
        specs=[
            dg.AssetSpec(
                OVERSELLS,
                deps=[POSITIONS, COMMITMENTS],
                group_name="ops",
                kinds={"postgres"},
                description="Pieces promised beyond what there is, and the orders that caused it: the youngest.",
            )
        ],
        check_specs=specs([watch.OVERSELLS]),
    )
    def oversells(warehouse: Warehouse) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with warehouse.connect() as db:
            sight = watch.look(db, watch.OVERSELLS)
        yield dg.MaterializeResult(
            metadata={
                "items": sight.count,
                "pieces": sight.rows[0]["pieces_in_all"] if sight.rows else 0,
                "orders": dg.MetadataValue.json(list(sight.rows)),
            }
        )
        yield result(watch.OVERSELLS, sight)

    return dg.Definitions(assets=[absorb, oversells])


def _row(db: Connection, query: LiteralString) -> tuple[int, ...]:
    row = db.execute(query).fetchone()
    assert row
    return row
