"""Plots of a plan as PNG: for a page, and for the metadata of assets."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

SOLD, AHEAD = "#455a64", "#c62828"


def forecast(sold: pl.DataFrame, ahead: pl.DataFrame, title: str = "", band: str = "80 %") -> bytes:
    """What was sold a week (week_start, pieces) and what is forecast (week_start, mean, q10, q90)."""
    figure, axes = _figure(8, 3)
    axes.plot(sold["week_start"].to_list(), sold["pieces"].to_list(), color=SOLD, label="sold")
    weeks = ahead["week_start"].to_list()
    axes.plot(weeks, ahead["mean"].to_list(), color=AHEAD, label="forecast")
    axes.fill_between(weeks, ahead["q10"].to_list(), ahead["q90"].to_list(), color=AHEAD, alpha=0.15, linewidth=0, label=band)
    axes.set_title(title, fontsize=9)
    axes.set_ylabel("pieces a week")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return _png(figure)


def service_against_stock(curve: Sequence[Mapping[str, Any]]) -> bytes:
    """The exchange curve: `level` (0..1) and the safety `stock` in pieces that it takes, beside that of the normal formula."""
    figure, axes = _figure(8, 3)
    shares = [100 * one["level"] for one in curve]
    axes.plot([one["stock"] for one in curve], shares, color=AHEAD, marker="o", label="as planned")
    axes.plot([one["normal"] for one in curve], shares, color="0.6", marker="o", label="normal formula")
    axes.set_xlabel("safety stock, pieces")
    axes.set_ylabel("cycle service level, %")
    axes.set_xlim(left=0)
    axes.legend(frameon=False)
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    # takes half a second, and most processes plot nothing
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Any) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()
