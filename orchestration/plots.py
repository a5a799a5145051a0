"""Plots in the metadata of assets: PNG within Markdown, so that the page needs nothing else."""

import base64
import io

import dagster as dg
import polars as pl


def forecast_plot(sold: pl.DataFrame, ahead: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """What was sold a week (week_start, pieces) and what is forecast (week_start, mean, q10, q90), all items together."""
    # takes half a second, and most processes plot nothing
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(sold["week_start"].to_list(), sold["pieces"].to_list(), color="#455a64", label="sold")
    weeks = ahead["week_start"].to_list()
    axes.plot(weeks, ahead["mean"].to_list(), color="#c62828", label="forecast")
    axes.fill_between(
        weeks,
        ahead["q10"].to_list(),
        ahead["q90"].to_list(),
        color="#c62828",
        alpha=0.15,
        linewidth=0,
        label="sum of items' 80 %",
    )
    axes.set_ylabel("pieces a week")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    encoded = base64.b64encode(picture.getvalue()).decode()
    return dg.MetadataValue.md(f"![forecast](data:image/png;base64,{encoded})")
