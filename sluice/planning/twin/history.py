"""A company's records as arrays: what was asked for a day, where stock stands and stood, what is on its way, how long supply
takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.planning.demand import ITEM

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Records:
    """Names of the axes, and by them `asked` (days, C, F, S) and `received` (days, F, S) before `until`, the first day that isn't
    over; `stock` (F, S): pieces free to sell now; `stood` (days, F, S): the same on each evening; `coming` (ahead, F, S): pieces
    on order, by days from now; `supply`: facility_id, sku, ordered_on, received_on, received, of all that was ever ordered;
    `lead_mean`, `lead_sd` (F, S): days. `counted` (F): facilities whose stock somebody counts; `told_from` (F): the first day, by
    number, whose opening stock the ledger tells, as many as there are days where it tells none."""

    until: date
    channels: Sequence[tuple[str, str]]
    facilities: Sequence[str]
    skus: Sequence[str]
    asked: Integers
    received: Integers
    supply: pl.DataFrame
    stock: Integers
    stood: Integers
    coming: Integers
    lead_mean: Floats
    lead_sd: Floats
    counted: NDArray[np.bool_]
    told_from: NDArray[np.int64]


def best_sellers(demand: pl.DataFrame, most: int) -> list[str]:
    """The SKUs that sold most pieces, at most so many, by name."""
    sold = demand.group_by("sku").agg(pl.col("quantity").clip(0).sum()).sort(["quantity", "sku"], descending=[True, False])
    return sorted(sold.filter(pl.col("quantity") > 0).head(most)["sku"].to_list())


def by_day(
    frame: pl.DataFrame, day: str, quantity: str, axes: Sequence[tuple[Sequence[str], Sequence[object]]], since: date, days: int
) -> Integers:
    """Sums of `quantity` on a grid (days, then one axis for each of `axes`: columns and the names in order). Rows outside the
    grid and empty ones count for nothing."""
    made = np.zeros((days, *(len(names) for _, names in axes)), np.int64)
    rows = frame.with_columns((pl.col(day) - pl.lit(since)).dt.total_days().alias("_0"))
    for number, (columns, names) in enumerate(axes, start=1):
        schema = dict.fromkeys(columns, pl.String)
        named = [name if isinstance(name, tuple) else (name,) for name in names]
        where = pl.DataFrame(named, schema=schema, orient="row").with_row_index(f"_{number}")
        rows = rows.join(where, on=list(columns), how="inner")
    rows = rows.filter(pl.col("_0").is_between(0, days - 1), pl.col(quantity).is_not_null())
    places = tuple(rows[f"_{number}"].to_numpy().astype(np.int64) for number in range(len(axes) + 1))
    np.add.at(made, places, rows[quantity].to_numpy().astype(np.int64))
    return made


def shelves(records: Records) -> list[tuple[Sequence[str], Sequence[object]]]:
    """The axes facility and SKU, for by_day."""
    return [(["facility_id"], records.facilities), (["sku"], records.skus)]


def on_shelves(frame: pl.DataFrame, column: str, facilities: Sequence[str], skus: Sequence[str]) -> Integers:
    """`column` of a frame with facility_id and sku as (F, S), 0 where there is no row."""
    dated = frame.select(*ITEM, column).with_columns(day=pl.lit(date(2000, 1, 1)))
    axes: list[tuple[Sequence[str], Sequence[object]]] = [(["facility_id"], facilities), (["sku"], skus)]
    made: Integers = by_day(dated, "day", column, axes, date(2000, 1, 1), 1)[0]
    return made


def walked_back(stock: Integers, asked: Integers, received: Integers, booked: Integers, since: NDArray[np.int64]) -> Integers:
    """Pieces free to sell on each evening (days, F, S), from those now (F, S), backwards.

    A facility's days from `since` (F) on are taken back by what the ledger `booked` (days, F, S); those before the ledger began
    by what was `asked` (days, F, S) and `received`. Where the records don't reach, less than none is none.
    """
    days = np.arange(len(asked))[:, None, None]
    net = np.where(days >= since[None, :, None], booked, received - asked)
    later = np.cumsum(net[::-1], axis=0)[::-1] - net
    return np.asarray(np.maximum(0, stock - later))


def pace(asked: Integers) -> tuple[Floats, Floats]:
    """Mean (C, F, S) and standard deviation (F, S) a day of `asked` (days, C, F, S), from an item's first sale on."""
    days = len(asked)
    sold = asked.any(axis=(1, 2))
    first = np.where(sold.any(axis=0), sold.argmax(axis=0), max(0, days - 1))
    alive = np.maximum(1, days - first)
    mean = asked.sum(axis=0) / alive
    total = asked.sum(axis=1)
    squares = (total.astype(np.float64) ** 2).sum(axis=0) / alive
    return mean, np.sqrt(np.maximum(0.0, squares - mean.sum(axis=0) ** 2))
