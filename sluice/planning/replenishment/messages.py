"""What to tell suppliers about purchases that are under way: sooner, later, or not at all.

Stock is projected by its expected demand, purchases in the order in which they are expected. One that comes after the stock
ahead of it is gone is asked for sooner; one whose pieces would lift the stock above the level that is filled up to is put off to
the day that it is needed, or called off where that day is further than anyone plans.
"""

import numpy as np
import polars as pl

SOON = 1.0
"""Days. Less of a difference is not worth a message."""
FAR = 90.0
"""Days. A purchase that is needed later is called off."""


def messages(lines: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Of each open purchase line that should move: kind ('expedite', 'push_out', 'cancel'), needed_in_days, and its columns.

    `lines`: facility_id, sku, line (anything), pieces, expected_in_days (null: not known, taken for today); `items`: facility_id,
    sku, free (pieces on hand less what is promised), demand_mean (a day), reorder_point, up_to.
    """
    known = (
        lines.filter(pl.col("pieces") > 0)
        .join(items, on=["facility_id", "sku"])
        .with_columns(pl.col("expected_in_days").fill_null(0.0).cast(pl.Float64))
        .sort("facility_id", "sku", "expected_in_days", "line")
        .with_columns(before=pl.col("pieces").cum_sum().over("facility_id", "sku") - pl.col("pieces"))
    )
    ahead = (known["free"] + known["before"]).to_numpy().astype(np.float64)
    rate, expected = known["demand_mean"].to_numpy(), known["expected_in_days"].to_numpy()
    lasts = _days(ahead, rate)
    needless = _days(ahead + known["pieces"].to_numpy() - known["up_to"].to_numpy(), rate)
    late = (lasts < expected - SOON) & ((rate > 0) | (ahead < 0))
    early = ~late & (needless > np.maximum(expected, 0) + SOON)
    wanted = np.where(late, np.maximum(lasts, 0), needless)
    kind = np.where(late, "expedite", np.where(early & (needless > FAR), "cancel", np.where(early, "push_out", "")))
    told = known.with_columns(kind=pl.Series(kind, dtype=pl.String), needed_in_days=pl.Series(wanted, dtype=pl.Float64))
    return told.filter(pl.col("kind") != "").select(*lines.columns, "kind", "needed_in_days")


def _days(pieces: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Until demand has used the pieces up: 0 where there are none, never (inf) where nothing sells."""
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(rate > 0, pieces / rate, np.inf)
    return np.where(pieces <= 0, 0.0, days)
