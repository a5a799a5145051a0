"""The quotas as rows, each with its reason in words: what was wanted, which rule spoke, what of the pool is kept back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.config import Planning
from sluice.planning.apportion import sums
from sluice.planning.demand import CHANNEL, ITEM
from sluice.planning.policy import Terms
from sluice.planning.quotas import Allocation, Channels
from sluice.planning.rules import COMPUTED, Place, Ruling, described

Integers = NDArray[np.int64]

BY_WORTH = pl.format(
    "priority {}: expects {} ± {}, floor {}, set apart up to {}; pool {}, {} of it kept for better channels",
    "priority",
    pl.col("expected").round(1),
    pl.col("spread").round(1),
    "floor",
    "isolation",
    "pool",
    pl.min_horizontal("protected", "pool"),
)
APART = pl.format("{}; {} set apart over its facilities, {} here", "terms", "total", "quota")
OF_THE_POOL = pl.format("{}; {} of the {} open to it in its facilities, {} here", "terms", "total", "open", "published")


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell: the wants, what came of them, and the rules if there are any."""

    channels: Channels
    made: Allocation
    place: Place
    ruling: Ruling | None


def told(grid: pl.DataFrame, tell: Told, policy: Planning, shops: Sequence[Terms]) -> pl.DataFrame:
    """facility_id, sku, channel, shop, quota, published, protected, rule: a row for each of `grid`, which goes item by item."""
    made, width = tell.made, len(shops)
    rows = grid.select(*ITEM, *CHANNEL, "expected", "spread").with_columns(
        priority=np.tile(np.array([shop.priority for shop in shops], np.int64), len(made.pool)),
        quota=made.quota.ravel(),
        published=made.published.ravel(),
        protected=made.protected.ravel(),
        pool=np.repeat(made.pool, width),
        floor=tell.channels.floor.ravel(),
        isolation=tell.channels.isolation.ravel(),
    )
    if tell.ruling is not None:
        rows = _with_terms(rows, tell.made, tell.place, tell.ruling, policy)
    rule = BY_WORTH if tell.ruling is None else _by_kind()
    return rows.select(*ITEM, *CHANNEL, "quota", "published", "protected", rule=rule)


def _with_terms(rows: pl.DataFrame, made: Allocation, place: Place, ruling: Ruling, policy: Planning) -> pl.DataFrame:
    """What rules need to be told: their terms, and the shop's whole number over its facilities, of how much."""
    names = pl.Series([*(described(rule, number) for number, rule in enumerate(policy.rules)), ""], dtype=pl.String)
    winner = ruling.winner[place.sku]
    open_to = np.where(ruling.inside, made.pool[:, None], 0)
    return rows.with_columns(
        terms=names.gather(np.where(winner < 0, len(policy.rules), winner).ravel()),
        computed=((ruling.kind == COMPUTED)[place.sku]).ravel(),
        inside=ruling.inside.ravel(),
        apart=ruling.set_apart[place.sku].ravel(),
        total=_over_facilities(made.published, place).ravel(),
        open=_over_facilities(open_to, place).ravel(),
    )


def _over_facilities(numbers: Integers, place: Place) -> Integers:
    """A shop's sum over the facilities of the SKU, told at each of its rows."""
    columns = [sums(numbers[:, shop], place.sku, len(place.skus))[place.sku] for shop in range(numbers.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros(numbers.shape, np.int64)


def _by_kind() -> pl.Expr:
    outside = pl.format("{}; nothing from here", "terms")
    by_worth = pl.when(pl.col("terms") == "").then(BY_WORTH).otherwise(pl.format("{}; {}", "terms", BY_WORTH))
    return (
        pl.when(~pl.col("inside")).then(outside).when("computed").then(by_worth).when("apart").then(APART).otherwise(OF_THE_POOL)
    )
