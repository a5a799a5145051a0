"""Where stock stands, as the plan reads it: a row a SKU and facility, in whole pieces."""

import polars as pl

from sluice.planning.demand import ITEM

PROMISED = ("committed", "held", "presale_reserve")


def positions(frame: pl.DataFrame) -> pl.LazyFrame:
    """facility_id, sku, on_hand, committed, held, presale_reserve, is_known: whole pieces, text and a truth value.

    `frame` has these columns; `held`, the pieces of strict holds, is 0 where it is missing, and `is_known` true.
    """
    held = _pieces("held") if "held" in frame.columns else pl.lit(0, pl.Int64).alias("held")
    known = pl.col("is_known").fill_null(True) if "is_known" in frame.columns else pl.lit(True)
    return frame.lazy().select(
        pl.col(ITEM).cast(pl.String),
        _pieces("on_hand"),
        _pieces("committed"),
        held,
        _pieces("presale_reserve"),
        known.alias("is_known"),
    )


def _pieces(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64).fill_null(0)
