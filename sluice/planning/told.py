"""The quotas as rows, each with its reason in words: what was wanted, which rule spoke, what of the pool is kept back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.planning.apportion import sums
from sluice.planning.demand import CHANNEL, ITEM
from sluice.planning.policy import Terms
from sluice.planning.quotas import Allocation, Channels
from sluice.planning.rules import COMPUTED, NUMBER, Place, Ruling, described
from sluice.planning_policy import Planning

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
BY_KIND = (
    pl.when(pl.col("terms") == "")
    .then(BY_WORTH)
    .when(~pl.col("inside"))
    .then(pl.format("{}; nothing from here", "terms"))
    .when(pl.col("kind") == COMPUTED)
    .then(pl.format("{}; {}", "terms", BY_WORTH))
    .when(pl.col("kind") == NUMBER)
    .then(pl.format("{}; {} of the {} open to it in its facilities, {} here", "terms", "total", "open", "published"))
    .otherwise(pl.format("{}; {} set apart over its facilities, {} here", "terms", "total", "quota"))
)


@dataclass(frozen=True, slots=True)
class ByRule:
    """The rules in force, and where each row lies."""

    place: Place
    ruling: Ruling


def told(
    items: pl.DataFrame, channels: Channels, made: Allocation, by_rule: ByRule | None, policy: Planning, shops: Sequence[Terms]
) -> pl.DataFrame:
    """facility_id, sku, channel, shop, quota, published, protected, rule: a row for every item and shop, item by item."""
    height, width = len(made.pool), len(shops)
    item, shop = np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
    rows = {name: items[name].gather(item) for name in ITEM}
    rows |= {name: pl.Series([getattr(terms, name) for terms in shops], dtype=pl.String).gather(shop) for name in CHANNEL}
    numbers = {
        "quota": made.quota.ravel(),
        "published": made.published.ravel(),
        "protected": made.protected.ravel(),
        "priority": np.array([terms.priority for terms in shops], np.int64)[shop],
        "expected": channels.demand_mean.ravel(),
        "spread": channels.demand_sd.ravel(),
        "floor": channels.floor.ravel(),
        "isolation": channels.isolation.ravel(),
        "pool": made.pool[item],
    }
    rule = BY_WORTH
    if by_rule is not None:
        rows["terms"] = _words(policy).gather(np.ascontiguousarray(by_rule.ruling.winner[by_rule.place.sku].ravel()))
        numbers |= _numbers(made, by_rule.place, by_rule.ruling)
        rule = BY_KIND
    frame = pl.DataFrame(rows | numbers)
    return frame.lazy().select(*ITEM, *CHANNEL, "quota", "published", "protected", rule=rule).collect()


def _words(policy: Planning) -> pl.Series:
    """Every rule in words; last, where -1 points, no rule."""
    return pl.Series([*(described(rule, number) for number, rule in enumerate(policy.rules)), ""], dtype=pl.String)


def _numbers(made: Allocation, place: Place, ruling: Ruling) -> dict[str, Any]:
    """What rules need to be told: how the number came about, and the shop's whole over its facilities, of how much."""
    return {
        "kind": ruling.kind[place.sku].ravel(),
        "inside": ruling.inside.ravel(),
        "total": _over_facilities(made.published, place).ravel(),
        "open": _over_facilities(np.where(ruling.inside, made.pool[:, None], 0), place).ravel(),
    }


def _over_facilities(numbers: Integers, place: Place) -> Integers:
    """A shop's sum over the facilities of the SKU, told at each of its rows."""
    columns = [sums(numbers[:, shop], place.sku, len(place.skus))[place.sku] for shop in range(numbers.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros(numbers.shape, np.int64)
