"""What an order's statuses are when a file has its own words for them, or only times, or nothing."""

from collections.abc import Container

import polars as pl

from sluice.channels.file.options import VOCABULARY

MOMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "order": (("cancelled_at", "cancelled"), ("closed_at", "completed")),
    "payment": (("paid_at", "paid"),),
    "fulfilment": (("delivered_at", "delivered"), ("shipped_at", "shipped")),
}
"""Times that tell a status, the telling one first."""
BEFORE = {"order": "open", "payment": "pending", "fulfilment": "unfulfilled"}
"""The status while none of the times has come."""


def status_columns(
    orders: pl.DataFrame,
    statuses: dict[str, dict[str, str]],
    constants: Container[str],
    axes: tuple[str, ...] = tuple(VOCABULARY),
) -> list[pl.Expr]:
    """For each axis the unified word and the native one. The file's own word counts first, then its times, else unknown.

    `constants` are the fields that no column of the file holds: they have no native word.
    """
    found: list[pl.Expr] = []
    for axis in axes:
        name = f"{axis}_status"
        by_time = _by_time(axis, orders.columns)
        if name in orders.columns:
            words = {word: word for word in VOCABULARY[axis]} | statuses.get(axis, {})
            native = pl.col(name)
            word = native.replace_strict(words, default="unknown", return_dtype=pl.String)
            found.append(pl.when(native.is_null()).then(by_time).otherwise(word).alias(name))
            found += [native.alias(f"native_{name}")] if name not in constants else []
        else:
            found.append(by_time.alias(name))
    return found


def least_final(name: str, statuses: dict[str, dict[str, str]]) -> pl.Expr:
    """Of the words that an order's rows have, one that nobody has mapped, else the one furthest from the end.

    So an order is cancelled when all of its lines are.
    """
    axis = name.removesuffix("_status")
    words = {word: word for word in VOCABULARY[axis]} | statuses.get(axis, {})
    ranks = {native: VOCABULARY[axis].index(word) for native, word in words.items() if word in VOCABULARY[axis]}
    rank = pl.col(name).replace_strict(ranks, default=-1, return_dtype=pl.Int8)
    # The word itself settles what the rank leaves open, so that the order of rows does not matter.
    return pl.col(name).sort_by([rank, pl.col(name)]).drop_nulls().first()


def _by_time(axis: str, columns: list[str]) -> pl.Expr:
    moments = [(pl.col(time), word) for time, word in MOMENTS[axis] if time in columns]
    if not moments:
        return pl.lit("unknown")
    if axis == "payment":
        return _paid(columns)
    return pl.coalesce(*(pl.when(time.is_not_null()).then(pl.lit(word)) for time, word in moments), pl.lit(BEFORE[axis]))


def _paid(columns: list[str]) -> pl.Expr:
    word = pl.lit("paid")
    if "refunded_amount" in columns and "total_amount" in columns:
        refunded, total = (pl.col(name).cast(pl.Decimal(38, 9)) for name in ("refunded_amount", "total_amount"))
        word = pl.when((refunded > 0) & (refunded >= total)).then(pl.lit("refunded"))
        word = word.when(refunded > 0).then(pl.lit("partially_refunded")).otherwise(pl.lit("paid"))
    return pl.when(pl.col("paid_at").is_null()).then(pl.lit("pending")).otherwise(word)
