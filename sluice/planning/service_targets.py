"""Which service each item is held to: by SKU, and by what it brings in."""

import numpy as np
import polars as pl

from sluice.globs import matcher
from sluice.planning.inventory.levels import Target
from sluice.planning_policy import Planning

A, B = 0.8, 0.95
"""Shares of all revenue: items that bring in the first 80 % are A, the next 15 % B, the rest C (H. F. Dickie, *Factory
Management and Maintenance* 109, 1951)."""


def abc(revenue: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """'A', 'B' or 'C' of each item by what it brings in, by pieces where no item's revenue is known; C where that is nothing.
    Equal items in order."""
    earned, sold = (np.maximum(np.nan_to_num(np.asarray(one, np.float64)), 0) for one in (revenue, pieces))
    value = earned if earned.any() else sold
    ranked = np.argsort(-value, kind="stable")
    before = np.zeros(len(value))
    before[ranked] = np.cumsum(value[ranked]) - value[ranked]
    share = before / max(value.sum(), 1e-9)
    return np.where((share < A) & (value > 0), "A", np.where((share < B) & (value > 0), "B", "C"))


def targets(skus: pl.Series, classes: np.ndarray, policy: Planning) -> Target:
    """Of each item: the last target of `policy.service` that matches its SKU and ABC class, else the policy's service_level."""
    level, is_fill = np.full(len(skus), policy.service_level), np.zeros(len(skus), np.bool_)
    for one in policy.service:
        matches = matcher(one.sku)
        row = np.fromiter((matches(sku) for sku in skus), np.bool_, len(skus)) & np.isin(classes, one.abc)
        level, is_fill = np.where(row, one.level, level), np.where(row, one.kind == "fill_rate", is_fill)
    return Target(level, is_fill)
