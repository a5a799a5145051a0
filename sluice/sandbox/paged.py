"""Pages of long lists: what one costs follows the page, not how much the shop has sold."""

from collections.abc import Hashable, Sequence

import polars as pl

from sluice.sandbox.state import SandboxState


def ordered(
    state: SandboxState,
    key: Sequence[Hashable],
    frame: pl.DataFrame,
    by: Sequence[str],
    descending: bool | Sequence[bool] = False,
) -> pl.DataFrame:
    """`frame` sorted, once for as long as it is the same frame and the clock stands. `key` starts with the channel."""
    directions = descending if isinstance(descending, bool) else tuple(descending)
    kept: dict[str, pl.DataFrame] = state.cached((*key, "ordered", tuple(by), directions), dict)
    if kept.get("of") is not frame:
        kept |= {"of": frame, "sorted": frame.sort(by, descending=descending)}
    return kept["sorted"]


def matching(frame: pl.DataFrame, *wanted: pl.Expr) -> pl.Series:
    """Positions of the rows for which all of `wanted` holds. Columns that are not asked about are left alone."""
    if not wanted:
        return pl.int_range(len(frame), eager=True)
    return frame.select(pl.arg_where(pl.all_horizontal(*wanted))).to_series()
