"""Drawings as inline SVG, coloured by the page's own style sheet, so that they follow light, dark and paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, floor, isfinite, log10

from markupsafe import Markup

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 10, 24
FLAT = 1e-9
"""A span below this is none."""
COLOURS = 8
"""Series that have a colour of their own in the style sheet."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line over the days of a chart; None where there is nothing to tell."""

    name: str
    values: Sequence[float | None]


def lines(days: Sequence[date], series: Sequence[Series], unit: str = "") -> Markup:
    """Lines over time. Empty without a day or a number."""
    known = [value for one in series for value in one.values if value is not None and isfinite(value)]
    if not days or not known:
        return Markup("")
    ticks = _ticks(min(0.0, *known), max(0.0, *known))
    low, high = ticks[0], ticks[-1]

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place / max(1, len(days) - 1))

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))

    parts = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>' for tick in ticks]
    parts += [f'<text class="y" x="{LEFT - 6}" y="{y(tick) + 4:.1f}">{short(tick)}</text>' for tick in ticks]
    for place in _few(len(days)):
        # the last would be cut off if it stood in the middle
        anchor = "end" if place and place == len(days) - 1 else "middle"
        parts.append(f'<text text-anchor="{anchor}" x="{x(place):.1f}" y="{HEIGHT - 6}">{days[place]:%Y-%m-%d}</text>')
    for number, one in enumerate(series):
        path = _path([(x(place), y(value)) if value is not None else None for place, value in enumerate(one.values)])
        parts.append(f'<path class="line c{number % COLOURS}" d="{path}"><title>{escape(one.name)}</title></path>')
    drawn = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(unit)}">{"".join(parts)}</svg>'
    return Markup(drawn + (_legend(series) if len(series) > 1 else ""))


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """A gap in the numbers is a gap in the line; a point alone is a dot."""
    drawn, down = [], False
    for point in points:
        if point is not None:
            drawn.append(f"{'L' if down else 'M'}{point[0]:.1f} {point[1]:.1f}" + ("" if down else "h0.01"))
        down = point is not None
    return "".join(drawn)


def _legend(series: Sequence[Series]) -> str:
    names = (f'<li><i class="c{number % COLOURS}"></i>{escape(one.name)}</li>' for number, one in enumerate(series))
    return f'<ul class="legend">{"".join(names)}</ul>'


def bar(value: float | None, largest: float) -> Markup:
    """A bar for a cell of a table, against the largest of its column."""
    share = max(0.0, min(1.0, value / largest)) if value and largest > 0 else 0.0
    return Markup(
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none"><rect width="{share * 100:.1f}" height="8"/></svg>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about five."""
    if high - low < FLAT:
        high = low + 1
    raw = (high - low) / 4
    power = 10 ** floor(log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = floor(low / step)
    return [step * number for number in range(first, ceil(high / step - 1e-9) + 1)]


def _few(count: int, wanted: int = 5) -> list[int]:
    """Places of a few labels, the first and the last among them."""
    wanted = min(wanted, count)
    return sorted({round(number * (count - 1) / max(1, wanted - 1)) for number in range(wanted)})


def short(value: float) -> str:
    """A number for an axis: 12k, 3.4M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"
