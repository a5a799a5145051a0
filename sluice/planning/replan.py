"""From where stock stands to what it is for: the same step for the nightly plan and for a decision that an event asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.planning.cut import cut
from sluice.planning.demand import CHANNEL, ITEM
from sluice.planning.policy import Terms, terms
from sluice.planning.position import PROMISED, positions
from sluice.planning.quotas import Allocation, Channels, Stock, allocate
from sluice.planning.rules import Place, ruling
from sluice.planning.safety_stock import pieces
from sluice.planning.told import ByRule, told
from sluice.planning_policy import Planning

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
    by_shop = [*zip(*(basis.demand[name].to_list() for name in CHANNEL), strict=True)]
    shops = terms(policy, {*by_shop, *basis.shops})
    items = positions(stock).filter(pl.col("is_known")).sort(ITEM).collect()
    at = {item: row for row, item in enumerate(_keys(items))}
    held = _stock(items, at, basis.safety_stock)
    wants = _channels(at, basis.demand, by_shop, shops)
    by_rule = _by_rule(items, policy, shops)
    made = _cut(held, wants, shops, by_rule, policy.pool_share)
    return Replan(_stock_plan(items, held, made), told(items, wants, made, by_rule, policy, shops))


def _keys(frame: pl.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(*(frame[name].to_list() for name in ITEM), strict=True)


def _rows(at: dict[tuple[str, str], int], frame: pl.DataFrame) -> Integers:
    """The item's row for each row of `frame`, -1 for an item that isn't asked for."""
    return np.fromiter((at.get(item, -1) for item in _keys(frame)), np.int64, frame.height)


def _stock(items: pl.DataFrame, at: dict[tuple[str, str], int], safety_stock: pl.DataFrame) -> Stock:
    rows = _rows(at, safety_stock)
    buffer = np.zeros(items.height, np.int64)
    buffer[rows[rows >= 0]] = safety_stock["safety_stock"].to_numpy()[rows >= 0]
    on_hand, committed, held, presale = (items[name].to_numpy() for name in ("on_hand", *PROMISED))
    return Stock(on_hand, committed, held, presale, buffer)


def _by_rule(items: pl.DataFrame, policy: Planning, shops: Sequence[Terms]) -> ByRule | None:
    if not policy.rules:
        return None
    skus, sku = _numbered(items["sku"])
    facilities, facility = _numbered(items["facility_id"])
    place = Place(skus, facilities, sku, facility)
    return ByRule(place, ruling(policy, [(shop.channel, shop.shop) for shop in shops], place))


def _numbered(names: pl.Series) -> tuple[list[str], Integers]:
    """The names, each once, and which of them each row has."""
    told = names.to_list()
    once = sorted(set(told))
    number = {name: at for at, name in enumerate(once)}
    return once, np.fromiter((number[name] for name in told), np.int64, len(told))


def _cut(stock: Stock, channels: Channels, shops: Sequence[Terms], by_rule: ByRule | None, pool_share: float) -> Allocation:
    if by_rule is None:
        return allocate(stock, channels, pool_share)
    priority = np.array([shop.priority for shop in shops], np.int64)
    return cut(stock, channels, priority, by_rule.place, by_rule.ruling, pool_share)


def _channels(
    at: dict[tuple[str, str], int], demand: pl.DataFrame, by_shop: Sequence[tuple[str, str]], shops: Sequence[Terms]
) -> Channels:
    """What each shop wants of each item: the demand of the horizon, and the policy's terms."""
    columns = {(shop.channel, shop.shop): column for column, shop in enumerate(shops)}
    rows = _rows(at, demand)
    column = np.fromiter((columns[name] for name in by_shop), np.int64, demand.height)
    asked, shape = rows >= 0, (len(at), len(shops))
    mean, sd = np.zeros(shape), np.zeros(shape)
    for of, name in ((mean, "expected"), (sd, "spread")):
        of[rows[asked], column[asked]] = demand[name].to_numpy()[asked]
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


def _stock_plan(items: pl.DataFrame, stock: Stock, made: Allocation) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "facility_id": items["facility_id"],
            "sku": items["sku"],
            "on_hand": stock.on_hand,
            "safety_stock": made.buffer,
            "presale_reserve": stock.presale,
            "committed": stock.committed,
            "held": stock.held,
            "quota_total": made.quota.sum(axis=1),
            "shared_pool": made.pool,
            "oversold": made.oversold,
        }
    )
