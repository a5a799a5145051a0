"""Promotions on the grid of items and days: which kind runs when, on which channels, and what those to come add to a forecast."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from sluice.globs import matcher, overlap
from sluice.planning.forecasting.history import Flags
from sluice.planning.forecasting.response import Runs, factor
from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.promotions import Promotion

DISCOUNT = "discount"
"""The kind of what is nowhere planned and only seen, by an unusual discount."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Promotions that are expected to work alike: of the same name, on the same channels."""

    name: str
    channel: tuple[str, ...] = ("*",)
    shop: tuple[str, ...] = ("*",)


def kind_of(one: Promotion) -> Kind:
    return Kind(one.kind, tuple(one.channel), tuple(one.shop))


def kinds(promotions: Sequence[Promotion]) -> list[Kind]:
    """Each once, in the order of the plan, after DISCOUNT, which is the first; a kind's number is its place."""
    return list(dict.fromkeys([Kind(DISCOUNT), *map(kind_of, promotions)]))


def planner(promotions: Sequence[Promotion]) -> Floats:
    """The uplift that the plan gives by kind, its last word on each, NaN where none."""
    said = {kind_of(one): one.uplift for one in promotions if one.uplift is not None}
    return np.array([said.get(kind, np.nan) for kind in kinds(promotions)], np.float64)


def running(promotions: Sequence[Promotion], items: pl.DataFrame, products: pl.DataFrame, since: date, days: int) -> Flags:
    """(kinds, items, days): whether it runs. Of several on the same channel the last one of the plan does.

    `items`: facility_id, sku; `products`: sku, category. An item whose category isn't known is in none.
    """
    of = kinds(promotions)
    described = items.join(products.select("sku", "category").unique("sku"), on="sku", how="left", maintain_order="left")
    columns = {name: described[name].cast(pl.String).to_list() for name in ("sku", "category", "facility_id")}
    found = np.zeros((len(of), items.height, days), np.bool_)
    for one in promotions:
        first, end = max(0, (one.first - since).days), min(days, (one.last - since).days + 1)
        if first >= end:
            continue
        rows, kind = np.ones(items.height, np.bool_), kind_of(one)
        for name, wanted in {"sku": one.sku, "category": one.category, "facility_id": one.facility}.items():
            if "*" not in wanted:
                rows &= _matching(columns[name], matcher(wanted))
        for number, other in enumerate(of):
            if overlap(other.channel, kind.channel) and overlap(other.shop, kind.shop):
                found[number, rows, first:end] = other == kind
    return found


def covered(of: Sequence[Kind], channels: pl.DataFrame) -> Flags:
    """(rows of `channels`, kinds): whether the kind is on the row's (channel, shop)."""
    named = list(channels.select(pl.col("channel", "shop").fill_null("")).iter_rows())
    made = np.zeros((len(named), len(of)), bool)
    for number, kind in enumerate(of):
        channel, shop = matcher(kind.channel), matcher(kind.shop)
        made[:, number] = np.fromiter((channel(one) and shop(other) for one, other in named), bool, len(named))
    return made


def share(pieces: Floats, covers: Flags, item_of: Integers, items: int) -> Floats:
    """(items, kinds): part of each item's pieces that went through the channels of a kind; of all items where it sold none."""
    through, total = _by_kind(pieces, covers, item_of, items), np.bincount(item_of, pieces, items)[:, None]
    of_all = through.sum(axis=0) / max(total.sum(), 1e-9)
    return np.asarray(np.divide(through, total, out=np.broadcast_to(of_all, through.shape).copy(), where=total > 0))


@dataclass(frozen=True, slots=True)
class Lifted:
    """Pieces a day with the promotions to come: of items by day (items, days) and of channels in the mean."""

    daily: Floats
    channels: Floats


def lifted(planned: Flags, uplift: Floats, daily: Floats, channels: Floats, covers: Flags, item_of: Integers) -> Lifted:
    """`daily` (items, days) and `channels`, which add up to its mean, are those without; they still do.

    A promotion lifts its channels alone, by their part of the forecast; `planned` (kinds, items, days) as `running` gives it.
    """
    (count, number), days = uplift.shape, daily.shape[1]
    part, total = _by_kind(channels, covers, item_of, count), np.bincount(item_of, channels, count)[:, None]
    of_item = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
    kind, row, day = np.nonzero(planned)
    mean = daily.mean(axis=1)
    weight = np.divide(daily[row, day], days * mean[row], out=np.zeros(len(row)), where=mean[row] > 0)
    more = np.bincount(row * number + kind, weight * (uplift[row, kind] - 1), count * number).reshape(count, number)
    times = factor(Runs(row, day, kind, np.zeros(len(row)), of_item), uplift, days)
    return Lifted(daily * times, channels * (1 + (covers * more[item_of]).sum(axis=1)))


def _by_kind(pieces: Floats, covers: Flags, item_of: Integers, items: int) -> Floats:
    """(items, kinds): sums over the item's channels that the kind is on."""
    return np.stack([np.bincount(item_of, pieces * on, items) for on in covers.T], axis=1).astype(np.float64)


def _matching(names: Sequence[str | None], matches: Callable[[str], bool]) -> Flags:
    return np.fromiter((name is not None and matches(name) for name in names), bool, len(names))
