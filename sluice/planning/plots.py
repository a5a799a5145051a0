"""Plots of a plan as PNG: for a page, and for the metadata of assets."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from sluice.planning.canvas import figure, open_axes, png

SOLD, AHEAD = "#455a64", "#c62828"


def forecast(sold: pl.DataFrame, ahead: pl.DataFrame, title: str = "", band: str = "80 %") -> bytes:
    """What was sold a week (week_start, pieces) and what is forecast (week_start, mean, q10, q90)."""
    drawn = figure(8, 3)
    axes = open_axes(drawn.subplots())
    axes.plot(sold["week_start"].to_list(), sold["pieces"].to_list(), color=SOLD, label="sold")
    weeks = ahead["week_start"].to_list()
    axes.plot(weeks, ahead["mean"].to_list(), color=AHEAD, label="forecast")
    axes.fill_between(weeks, ahead["q10"].to_list(), ahead["q90"].to_list(), color=AHEAD, alpha=0.15, linewidth=0, label=band)
    axes.set_title(title, fontsize=9)
    axes.set_ylabel("pieces a week")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return png(drawn)


def service_against_stock(curve: Sequence[Mapping[str, Any]]) -> bytes:
    """The exchange curve: `level` (0..1) and the safety `stock` in pieces that it takes, beside that of the normal formula."""
    drawn = figure(8, 3)
    axes = open_axes(drawn.subplots())
    shares = [100 * one["level"] for one in curve]
    axes.plot([one["stock"] for one in curve], shares, color=AHEAD, marker="o", label="as planned")
    axes.plot([one["normal"] for one in curve], shares, color="0.6", marker="o", label="normal formula")
    axes.set_xlabel("safety stock, pieces")
    axes.set_ylabel("cycle service level, %")
    axes.set_xlim(left=0)
    axes.legend(frameon=False)
    return png(drawn)
