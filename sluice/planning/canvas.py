"""Where plots are drawn: a figure without a screen, and its PNG."""

import io
from typing import Any


def figure(width: float, height: float) -> Any:
    """An empty matplotlib Figure, inches."""
    # takes half a second, and most processes plot nothing
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def open_axes(axes: Any) -> Any:
    """The same axes, without a frame above and to the right."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def png(made: Any) -> bytes:
    picture = io.BytesIO()
    made.savefig(picture, format="png", dpi=100)
    return picture.getvalue()
