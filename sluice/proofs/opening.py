"""The first morning of a proof: stock on the shelves and counted, a plan with safety stock and quotas in force, listings."""

from datetime import UTC, datetime
from random import Random

import polars as pl
from psycopg import Connection

from sluice.operations import decisions, frames
from sluice.operations.republish import DECIDED_COLUMNS, POSITIONS
from sluice.planning.replan import Basis, replan
from sluice.planning_policy import ChannelQuota, Planning
from sluice.proofs.assortment import CHANNEL, FACILITIES, Assortment, Item
from sluice.proofs.staff import Counter
from sluice.proofs.stockroom import Stockroom
from sluice.proofs.tally import Tally


def open_shops(db: Connection, assortment: Assortment, stockroom: Stockroom, random: Random) -> dict[Item, int]:
    """Make it so; the safety stock by item, which no decision changes."""
    stockroom.put({(facility, sku): random.randint(2, 20) for facility in FACILITIES for sku in assortment.skus})
    stockroom.put({(FACILITIES[0], sku): 0 for sku in assortment.presale})
    _catalogue(db, assortment)
    Counter(db, assortment, stockroom, Tally(), random).step()
    safety = {(facility, sku): random.choice((0, 0, 1, 2)) for facility in FACILITIES for sku in assortment.skus}
    _plan(db, assortment, safety, random)
    return safety


def _catalogue(db: Connection, assortment: Assortment) -> None:
    with db.transaction(), db.cursor() as cursor:
        cursor.executemany(
            "insert into unified.facilities (facility_id, priority) values (%s, %s)",
            [(name, number) for number, name in enumerate(FACILITIES, 1)],
        )
        cursor.executemany(
            "insert into unified.bundle_components values (%s, %s, %s)",
            [(kit, part, each) for kit, parts in assortment.kits.items() for part, each in parts.items()],
        )
        cursor.executemany(
            "insert into unified.products (channel, shop, product_id, listing_id, sku) values (%s, %s, %s, %s, %s)",
            [(CHANNEL, shop, sku, sku, sku) for shop in assortment.shops for sku in (*assortment.skus, *assortment.kits)],
        )


def _plan(db: Connection, assortment: Assortment, safety: dict[Item, int], random: Random) -> None:
    shops = [(CHANNEL, shop) for shop in assortment.shops]
    policy = Planning(
        quotas=[
            ChannelQuota(channel=channel, shop=shop, priority=number) for number, (channel, shop) in enumerate(shops, start=1)
        ]
    )
    facilities, skus = (list(names) for names in zip(*safety, strict=True))
    numbers = pl.DataFrame({"facility_id": facilities, "sku": skus, "safety_stock": [*safety.values()]})
    demand = numbers.select("facility_id", "sku").join(
        pl.DataFrame({"channel": [channel for channel, _ in shops], "shop": [shop for _, shop in shops]}), how="cross"
    )
    demand = demand.with_columns(expected=pl.Series([random.uniform(0, 4) for _ in range(demand.height)]), spread=pl.lit(1.5))
    methods = numbers.with_columns(
        demand_mean=pl.lit(1.0), demand_sd=pl.lit(1.0), lead_time_mean_days=pl.lit(7.0), lead_time_sd_days=pl.lit(1.0),
        service_level=pl.lit(0.95), method=pl.lit("proof"), reorder_point=pl.col("safety_stock") + 7,
    )  # fmt: skip
    with decisions.turn(db):
        stock = frames.fetch(db, POSITIONS, {"skus": [*assortment.skus, *assortment.presale]}, DECIDED_COLUMNS)
        made = replan(stock, Basis(numbers, demand, shops), policy)
        decisions.append(
            db,
            decisions.Run("plan", datetime.now(UTC).date(), policy.model_dump(mode="json", by_alias=True)),
            {"safety_stock": methods, "stock_plan": made.stock_plan, "quotas": made.quotas, "basis": demand},
            stock,
        )
