"""Safety stocks worked out again from the terms that are kept of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from sluice.planning.inventory import calibrated
from sluice.planning.inventory.choose import CALIBRATED, NORMAL, formula
from sluice.planning.inventory.levels import FILL_RATE, Integers, Supply, Target
from sluice.planning.inventory.policies import IN_LOTS, NEWSVENDOR
from sluice.planning.item_levels import numbers
from sluice.planning.safety_stock import pieces


def safety_again(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Safety stock of rows of planning.safety_stock by the terms that they keep.

    Of plans of before methods were kept (target_kind is null) it was the normal formula.
    """
    wanted = [0] * len(rows)
    alike: dict[tuple[str, int, bool], list[int]] = {}
    for at, row in enumerate(rows):
        method = row["method"] if row["target_kind"] else NORMAL
        if row["policy"] != NEWSVENDOR:  # which holds nothing back
            alike.setdefault((method, row["review_period_days"], row["policy"] in IN_LOTS), []).append(at)
    for (method, review, in_lots), places in alike.items():
        found = _safety(method, review, in_lots, pl.DataFrame([rows[at] for at in places], infer_schema_length=None))
        for at, one in zip(places, found, strict=True):
            wanted[at] = int(one)
    return wanted


def _safety(method: str, review: int, in_lots: bool, rows: pl.DataFrame) -> Integers:
    names = ("demand_mean", "demand_sd", "lead_time_mean_days", "lead_time_sd_days", "service_level")
    mean, sd, lead, lead_sd, level = (numbers(rows, name) for name in names)
    supply = Supply(lead, lead_sd, review)
    if method == CALIBRATED:
        errors = calibrated.Errors(numbers(rows, "error_spread"), numbers(rows, "error_shift"))
        safety = np.maximum(0.0, errors.beyond(mean * supply.protected))
    else:
        is_fill = (rows["target_kind"].cast(pl.String) == FILL_RATE).fill_null(False).to_numpy()
        quantity = numbers(rows, "up_to") - numbers(rows, "reorder_point") if in_lots else None
        safety = formula(mean, sd, supply, Target(level, is_fill), method, quantity)[1]
    return pieces(safety)
