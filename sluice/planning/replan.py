"""From where stock stands to what it is for: the same step for the nightly plan and for a decision that an event asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.config import Planning
from sluice.planning.cut import cut
from sluice.planning.demand import CHANNEL, ITEM
from sluice.planning.policy import Terms, terms
from sluice.planning.position import positions
from sluice.planning.quotas import Allocation, Channels, Stock, allocate
from sluice.planning.rules import Place, Ruling, ruling
from sluice.planning.safety_stock import pieces
from sluice.planning.told import Told, told

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Basis:
    """What the nightly plan found out that an event needs no history to use again.

    `safety_stock`: facility_id, sku, safety_stock (whole pieces); rows of planning.safety_stock. `demand`: facility_id, sku,
    channel, shop, expected, spread; the demand expected over the policy's horizon_days and its standard deviation, in pieces. An
    item that is missing has no safety stock and no demand. `shops` get numbers even where `demand` names them not.
    """

    safety_stock: pl.DataFrame
    demand: pl.DataFrame
    shops: Sequence[tuple[str, str]] = ()
    """(channel, shop)"""


@dataclass(frozen=True, slots=True)
class Replan:
    """Frames with the columns of the tables of that name in schema planning, without run_id."""

    stock_plan: pl.DataFrame
    quotas: pl.DataFrame


def replan(stock: pl.DataFrame, basis: Basis, policy: Planning) -> Replan:
    """Decide anew for the items of `stock`, a frame as position.positions takes it, one row an item.

    Rules look across the facilities of a SKU: hand in all of them. An item that isn't known gets no rows. Returns stock_plan:
    facility_id, sku, on_hand, safety_stock, presale_reserve, committed, held, quota_total, shared_pool, oversold; and quotas:
    facility_id, sku, channel, shop, quota, published, protected, rule; a row for every item and shop.
    """
    selling = [*basis.demand.select(CHANNEL).unique().iter_rows(), *basis.shops]
    shops = terms(policy, selling)
    items = positions(stock).filter("is_known").drop("is_known")
    items = items.join(basis.safety_stock.select(*ITEM, pl.col("safety_stock").cast(pl.Int64)), on=ITEM, how="left").sort(ITEM)
    held = Stock(
        *(items[name].fill_null(0).to_numpy() for name in ("on_hand", "committed", "held", "presale_reserve", "safety_stock"))
    )
    grid = _grid(items.select(ITEM), basis.demand, shops)
    channels = _channels(grid, items.height, shops)
    place = _place(items)
    by_rule = ruling(policy, [(shop.channel, shop.shop) for shop in shops], place) if policy.rules else None
    made = _cut(held, channels, shops, place, by_rule, policy.pool_share)
    quotas = told(grid, Told(channels, made, place, by_rule), policy, shops)
    return Replan(_stock_plan(items, held, made), quotas)


def _cut(
    stock: Stock, channels: Channels, shops: Sequence[Terms], place: Place, by_rule: Ruling | None, pool_share: float
) -> Allocation:
    if by_rule is None:
        return allocate(stock, channels, pool_share)
    return cut(stock, channels, np.array([shop.priority for shop in shops], np.int64), place, by_rule, pool_share)


def _grid(items: pl.DataFrame, demand: pl.DataFrame, shops: Sequence[Terms]) -> pl.DataFrame:
    """One row an item and shop, item by item, with the demand expected over the horizon."""
    names = pl.DataFrame([(shop.channel, shop.shop) for shop in shops], schema=dict.fromkeys(CHANNEL, pl.String), orient="row")
    return (
        items.join(names, how="cross", maintain_order="left_right")
        .join(demand.select(*ITEM, *CHANNEL, "expected", "spread"), on=ITEM + CHANNEL, how="left", maintain_order="left")
        .with_columns(pl.col("expected", "spread").fill_null(0.0))
    )


def _channels(grid: pl.DataFrame, rows: int, shops: Sequence[Terms]) -> Channels:
    shape = (rows, len(shops))
    mean, sd = grid["expected"].to_numpy().reshape(shape), grid["spread"].to_numpy().reshape(shape)
    given = np.array([-1 if shop.isolation is None else shop.isolation for shop in shops], np.int64)

    def each_row(numbers: list[int]) -> Integers:
        return np.broadcast_to(np.array(numbers, np.int64), shape)

    return Channels(
        value=np.broadcast_to(np.array([shop.value for shop in shops], np.float64), shape),
        demand_mean=mean,
        demand_sd=sd,
        floor=each_row([shop.floor for shop in shops]),
        cap=each_row([shop.cap for shop in shops]),
        isolation=np.where(given < 0, pieces(mean), given),
    )


def _place(items: pl.DataFrame) -> Place:
    of = [items[name].rank("dense").cast(pl.Int64).to_numpy() - 1 for name in ("sku", "facility_id")]
    names = [items[name].unique().sort().to_list() for name in ("sku", "facility_id")]
    return Place(names[0], names[1], of[0], of[1])


def _stock_plan(items: pl.DataFrame, stock: Stock, made: Allocation) -> pl.DataFrame:
    return items.select(ITEM).with_columns(
        on_hand=stock.on_hand,
        safety_stock=made.buffer,
        presale_reserve=stock.presale,
        committed=stock.committed,
        held=stock.held,
        quota_total=made.quota.sum(axis=1),
        shared_pool=made.pool,
        oversold=made.oversold,
    )
