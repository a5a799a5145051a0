"""Drawings of the report: whatever the numbers are, they stand where they belong and the file stays whole."""

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sluice.bi.report.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, _few, _ticks, bar, lines, short

NUMBERS = st.one_of(st.none(), st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: round(number, 4)))
DAY = date(2026, 1, 1)


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=30), min_size=1, max_size=10))
def test_every_point_is_inside_the_drawing(values: list[list[float | None]]) -> None:
    count = max(map(len, values))
    series = [Series(f"<{number}&", [*one, *[None] * (count - len(one))]) for number, one in enumerate(values)]
    drawn = str(lines([DAY + timedelta(days=number) for number in range(count)], series))
    if all(value is None for one in values for value in one):
        assert drawn == ""
        return
    tree = ElementTree.fromstring(f"<div>{drawn}</div>")
    points = [point for path in tree.iter("path") for point in re.findall(r"[ML](\S+) ([\d.-]+)", path.attrib["d"])]
    assert len(points) == sum(value is not None for one in values for value in one)
    assert all(LEFT <= float(x) <= WIDTH - RIGHT + 0.1 and TOP - 0.1 <= float(y) <= HEIGHT - BOTTOM + 0.1 for x, y in points)


def test_greater_is_higher_and_later_is_further_right() -> None:
    drawn = str(lines([DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)], [Series("a", [1.0, 3.0, 2.0])]))
    (path,) = re.findall(r' d="([^"]+)"', drawn)
    (x1, y1), (x2, y2), (x3, y3) = ((float(x), float(y)) for x, y in re.findall(r"[ML](\S+) ([\d.]+)", path))
    assert x1 < x2 < x3
    assert y2 < y3 < y1


def test_a_gap_in_the_numbers_is_a_gap_in_the_line() -> None:
    days = [DAY + timedelta(days=number) for number in range(4)]
    (path,) = re.findall(r' d="([^"]+)"', str(lines(days, [Series("a", [1.0, None, 2.0, 3.0])])))
    assert (path.count("M"), path.count("L")) == (2, 1)


@given(st.floats(-1e9, 0), st.floats(0, 1e9))
def test_ticks_are_few_rise_evenly_and_enclose(low: float, high: float) -> None:
    ticks = _ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), high)
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    steps = [after - before for before, after in pairwise(ticks)]
    assert min(steps) > 0
    assert max(steps) - min(steps) <= slack


@given(st.integers(1, 2000))
def test_labels_are_few_and_begin_and_end(count: int) -> None:
    places = _few(count)
    assert (places[0], places[-1]) == (0, count - 1)
    assert len(places) == min(5, count)


def test_a_bar_is_a_share_of_the_largest() -> None:
    assert 'width="25.0"' in bar(1.0, 4.0)
    assert 'width="0.0"' in bar(None, 4.0)
    assert 'width="0.0"' in bar(3.0, 0.0)


def test_numbers_of_an_axis_are_short() -> None:
    assert [short(value) for value in (0, 12, 1500, 2_500_000, -3e9, 0.25)] == ["0", "12", "1.5k", "2.5M", "-3G", "0.25"]
