"""Scenario bars as a PNG: for a page, and for the metadata of an asset."""

from collections.abc import Sequence

from sluice.planning.canvas import figure, open_axes, png
from sluice.planning.twin.compare import Outcome
from sluice.planning.twin.measures import MONEY

DRAWN = {"stockout_rate": "stock-out rate", "turnover": "turnover a year", "order_lines": "order lines", "margin": "margin"}


def bars(outcomes: Sequence[Outcome]) -> bytes:
    """Four measures of each scenario; the line is the 95 % interval of the difference from the first."""
    drawn = figure(11, 0.6 + 0.45 * len(outcomes))
    for place, (name, title) in enumerate(DRAWN.items(), start=1):
        axes = open_axes(drawn.add_subplot(1, len(DRAWN), place))
        values = [one.value[name] for one in outcomes]
        base = 1.0 if name in MONEY else abs(values[0]) or 1.0
        colours = ["0.6"] + ["#4c78a8"] * (len(values) - 1)
        axes.barh(range(len(values)), values, color=colours)
        for row, one in enumerate(outcomes[1:], start=1):
            low, high = (values[0] + base * bound for bound in one.interval[name])
            axes.plot([low, high], [row, row], color="black", linewidth=1.5)
        axes.set_title(title, fontsize=9)
        axes.set_yticks(range(len(values)), [one.name for one in outcomes] if place == 1 else [])
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
    return png(drawn)
