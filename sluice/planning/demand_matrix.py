"""From rows of demand to matrices of days, and which days of them are not what they seem."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from sluice.planning.demand import CHANNEL, ITEM
from sluice.planning.forecasting.history import Flags, History
from sluice.planning.forecasting.response import Runs
from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.planning.forecasting.week import WEEK
from sluice.planning.promotions import Kind, covered, kinds, planner, running, share
from sluice.promotions import Promotion

BUSY = 5.0
"""Lines a day above which a day without any means that the facility was closed: by chance it happens once in 150 days."""
PRICE_BANDS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the sales, all frames: `sold_out` and `promoted` (facility_id, sku, day), `closed` (facility_id, day),
    `events` (name, day), which reach into the days ahead, `products` (sku, category, price); and the `promotions` of the plan."""

    sold_out: pl.DataFrame
    promoted: pl.DataFrame
    closed: pl.DataFrame
    events: pl.DataFrame
    products: pl.DataFrame
    promotions: Sequence[Promotion] = ()


@dataclass(frozen=True, slots=True)
class Promotional:
    """Pieces that a channel, a row of Matrix.channels, sold in a week while a promotion of the kind ran on it."""

    channel: Integers
    week: Integers
    kind: Integers
    pieces: Floats


@dataclass(frozen=True, slots=True)
class Matrix:
    """`items` (facility_id, sku), sorted, one a row of `history`; revenue and the group of like items of each; the events of the
    days ahead (names, days); and `by_channel` (channels, weeks), pieces as booked in whole weeks up to the newest day, of each
    channel that sold an item, `channels` (facility_id, sku, channel, shop), which is the row `item_of` of the items. `kinds` of
    promotions: whether each `covers` a row of `channels` (rows, kinds), the uplift that the `planner` gives, NaN where none, and
    which are `planned` (kinds, items, days ahead), and what channels sold by those of the past, `of_promotions`."""

    items: pl.DataFrame
    history: History
    revenue: Floats
    group: Integers
    coming: Flags
    channels: pl.DataFrame
    by_channel: Floats
    item_of: Integers
    kinds: list[Kind]
    covers: Flags
    planner: Floats
    planned: Flags
    of_promotions: Promotional


def matrix(demand: pl.DataFrame, known: Known, as_of: date, days: int, ahead: int) -> Matrix:
    """The `days` before `as_of`, `ahead` days after. `demand`: demand_date, channel, shop, facility_id, sku, quantity and, where
    it is known, revenue. A negative quantity, which takes back a sale, counts as none; so does a row without a SKU."""
    since = as_of - timedelta(days=days)
    sales = (
        demand.select(
            *(pl.col(name).cast(pl.String) for name in ITEM + CHANNEL),
            pl.col("quantity").cast(pl.Float64).clip(0),
            day=_day(pl.col("demand_date"), since),
            revenue=pl.col("revenue").cast(pl.Float64).fill_null(0) if "revenue" in demand.columns else pl.lit(0.0),
        )
        .drop_nulls(ITEM)
        .filter(pl.col("day").is_between(0, days - 1), pl.col("quantity") > 0)
    )
    items = sales.select(ITEM).unique().sort(ITEM).with_row_index("row")
    channels = sales.select(ITEM + CHANNEL).unique().sort(ITEM + CHANNEL).join(items, on=ITEM).with_row_index("at")
    sales = sales.join(channels, on=ITEM + CHANNEL, nulls_equal=True)
    total = _filled(sales, "row", items.height, days)
    events = _events(known.events, since, days + ahead)
    shape = (items.height, days)
    of = kinds(known.promotions)
    ran = running(known.promotions, items.select(ITEM), known.products, since, days + ahead)
    ran[0, :, :days] |= _flagged(known.promoted, items, ITEM, since, shape) & ~ran[:, :, :days].any(axis=0)
    covers, item_of = covered(of, channels), channels["row"].to_numpy().astype(np.int64)
    history = History(
        total,
        np.where((total > 0).any(axis=1), np.argmax(total > 0, axis=1), days),
        _flagged(known.closed, items, ["facility_id"], since, shape),
        _flagged(known.sold_out, items, ITEM, since, shape),
        _runs(sales, ran[:, :, :days], covers, share(_usually(sales, ran, channels.height), covers, item_of, items.height)),
        events[:, :days],
    )
    revenue = np.bincount(sales["row"].to_numpy(), sales["revenue"].to_numpy(), items.height)
    pieces = total.sum(axis=1)
    return Matrix(
        items.select(ITEM),
        history,
        np.where(revenue.sum() > 0, revenue, pieces),
        _groups(items, known.products),
        events[:, days:],
        channels.select(ITEM + CHANNEL),
        _filled(_in_weeks(sales, days), "at", channels.height, days // WEEK),
        item_of,
        of,
        covers,
        planner(known.promotions),
        ran[:, :, days:],
        _promotional(sales, ran, covers, days),
    )


def closed_days(by_facility: pl.DataFrame, since: date, until: date) -> pl.DataFrame:
    """(facility_id, day) without a line from the facility's first to its last day of the window, where there are many a day.

    `by_facility`: facility_id, demand_date, lines; days without lines are missing.
    """
    inside = by_facility.filter(pl.col("demand_date").is_between(since, until, closed="left"), pl.col("lines") > 0)
    spans = (
        inside.group_by("facility_id")
        .agg(first=pl.col("demand_date").min(), last=pl.col("demand_date").max(), busy=pl.col("lines").mean())
        .filter(pl.col("busy") >= BUSY)
    )
    every = spans.select("facility_id", day=pl.date_ranges("first", "last")).explode("day")
    return every.join(inside, left_on=["facility_id", "day"], right_on=["facility_id", "demand_date"], how="anti")


def _day(column: pl.Expr, since: date) -> pl.Expr:
    return (column.cast(pl.Date) - pl.lit(since)).dt.total_days()


def _usually(sales: pl.DataFrame, ran: Flags, channels: int) -> Floats:
    """Pieces of each channel on days without a promotion."""
    row, day, at = (sales[name].to_numpy().astype(np.int64) for name in ("row", "day", "at"))
    pieces = np.where(ran[:, row, day].any(axis=0), 0.0, sales["quantity"].to_numpy())
    return np.bincount(at, pieces, channels).astype(np.float64)


def _runs(sales: pl.DataFrame, ran: Flags, covers: Flags, share: Floats) -> Runs:
    kind, row, day = np.nonzero(ran)
    sold = np.zeros(len(kind))
    at, items, days = sales["at"].to_numpy(), ran.shape[1], ran.shape[2]
    for number in np.unique(kind).tolist():
        one = kind == number
        through = _filled(sales.filter(pl.Series(covers[at, number], dtype=pl.Boolean)), "row", items, days)
        sold[one] = through[row[one], day[one]]
    return Runs(row, day, kind, sold, share)


def _promotional(sales: pl.DataFrame, ran: Flags, covers: Flags, days: int) -> Promotional:
    row, day, at = (sales[name].to_numpy().astype(np.int64) for name in ("row", "day", "at"))
    kind, sale = np.nonzero(ran[:, row, day] & covers[at].T)
    week = (day[sale] - days % WEEK) // WEEK
    whole = week >= 0
    pieces = sales["quantity"].to_numpy()[sale]
    return Promotional(at[sale][whole], week[whole], kind[whole], pieces[whole])


def _in_weeks(sales: pl.DataFrame, days: int) -> pl.DataFrame:
    """With the week in place of the day; what is older than the first whole week left out."""
    week = (pl.col("day") - days % WEEK).floordiv(WEEK)
    return sales.with_columns(day=week).filter(pl.col("day") >= 0)


def _filled(sales: pl.DataFrame, row: str, rows: int, days: int) -> Floats:
    at = sales[row].to_numpy().astype(np.int64) * days + sales["day"].to_numpy()
    return np.bincount(at, sales["quantity"].to_numpy(), rows * days).astype(np.float64).reshape(rows, days)


def _flagged(days: pl.DataFrame, items: pl.DataFrame, keys: Sequence[str], since: date, shape: tuple[int, int]) -> Flags:
    flags = np.zeros(shape, bool)
    found = (
        days.select(*(pl.col(name).cast(pl.String) for name in keys), day=_day(pl.col("day"), since))
        .filter(pl.col("day").is_between(0, shape[1] - 1))
        .join(items, on=list(keys))
    )
    flags[found["row"].to_numpy(), found["day"].to_numpy()] = True
    return flags


def _events(events: pl.DataFrame, since: date, days: int) -> Flags:
    found = events.select("name", day=_day(pl.col("day"), since)).filter(pl.col("day").is_between(0, days - 1))
    names = found["name"].unique().sort().to_list()
    flags = np.zeros((len(names), days), bool)
    at = {name: number for number, name in enumerate(names)}
    for name, day in found.iter_rows():
        flags[at[name], day] = True
    return flags


def _groups(items: pl.DataFrame, products: pl.DataFrame) -> Integers:
    """A number by category and third of its prices, the same wherever the same products are given; -1 where neither is known."""
    described = products.select("sku", pl.col("category").cast(pl.String), pl.col("price").cast(pl.Float64)).unique("sku")
    category, price = pl.col("category"), pl.col("price")
    described = described.with_columns(
        kind=category.fill_null("").rank("dense").cast(pl.Int64),
        band=(price.rank().over(category) * PRICE_BANDS / (price.count().over(category) + 1)).floor().fill_null(0).cast(pl.Int64),
    )
    known = pl.col("category").is_not_null() | pl.col("price").is_not_null()
    numbered = described.filter(known).select("sku", group=pl.col("kind") * PRICE_BANDS + pl.col("band"))
    return items.join(numbered, on="sku", how="left", maintain_order="left")["group"].fill_null(-1).to_numpy().astype(np.int64)
