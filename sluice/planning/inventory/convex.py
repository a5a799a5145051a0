"""The lowest point of a convex function on the whole numbers."""

from collections.abc import Callable


def lowest(cost_of: Callable[[int], float], start: int) -> int:
    """Walks downhill from `start`; of equal points the one it meets first."""
    while cost_of(start + 1) < cost_of(start):
        start += 1
    while cost_of(start - 1) < cost_of(start):
        start -= 1
    return start
