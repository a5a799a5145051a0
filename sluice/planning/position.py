"""Where stock stands, as the plan reads it: a row a SKU and facility, in whole pieces."""

import polars as pl

from sluice.planning.demand import ITEM

PROMISED = ("committed", "held", "presale_reserve")


def positions(frame: pl.DataFrame) -> pl.LazyFrame:
    """facility_id, sku, on_hand, committed, held, presale_reserve, is_known: whole pieces, text and a truth value.

    `frame` has facility_id, sku, on_hand, committed; `held` (pieces of strict holds) is 0 where it is missing, `is_known` true.
    A frame without `presale_reserve` has presale_reserved and incoming_quantity, the columns of the mart stock_position: a
    presale that incoming stock will fill claims only what is free on hand; what it can't fill is promised like an order.
    """
    held = _pieces("held") if "held" in frame.columns else pl.lit(0, pl.Int64)
    known = pl.col("is_known").fill_null(True) if "is_known" in frame.columns else pl.lit(True)
    return frame.lazy().select(
        pl.col(ITEM).cast(pl.String),
        _pieces("on_hand"),
        _pieces("committed"),
        held.alias("held"),
        (_pieces("presale_reserve") if "presale_reserve" in frame.columns else _claimed(held)).alias("presale_reserve"),
        known.alias("is_known"),
    )


def _claimed(held: pl.Expr) -> pl.Expr:
    presale, incoming = _pieces("presale_reserved"), _pieces("incoming_quantity")
    free = (_pieces("on_hand") - _pieces("committed") - held).clip(0)
    return pl.max_horizontal(pl.min_horizontal(presale, free), presale - incoming)


def _pieces(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64).fill_null(0)
