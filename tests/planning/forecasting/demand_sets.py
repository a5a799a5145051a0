"""Real demand as matrices: UCI Online Retail II, the 1,000 articles with the most revenue (tests/fixtures/demand/SOURCE.md)."""

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

FILE = Path(__file__).parents[2] / "fixtures" / "demand" / "online_retail.parquet"


@cache
def online_retail() -> tuple[np.ndarray, np.ndarray, date]:
    """Pieces and revenue (1,000 articles, 374 days), and the first day."""
    sales = pl.read_parquet(FILE)
    first, last = sales["date"].min(), sales["date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    row = sales["sku"].rank("dense").to_numpy() - 1
    day = (sales["date"] - first).dt.total_days().to_numpy()
    shape = (int(row.max()) + 1, (last - first).days + 1)
    pieces, revenue = np.zeros(shape), np.zeros(shape)
    pieces[row, day], revenue[row, day] = sales["quantity"].to_numpy(), sales["revenue"].to_numpy()
    return pieces, revenue, first


def since_first_sale(pieces: np.ndarray) -> np.ndarray:
    """NaN before each row's first sale."""
    began = np.cumsum(pieces > 0, axis=1) > 0
    return np.where(began, pieces, np.nan)
