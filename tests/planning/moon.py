"""New moons on China's clock: Meeus, Astronomical Algorithms, 2nd edition, chapter 49, to about a minute in these years."""

from datetime import date, datetime, timedelta
from math import radians, sin

# days, power of the eccentricity of the earth's orbit, times the sun's anomaly, the moon's, the moon's argument of latitude
TERMS = (
    (-0.40720, 0, 0, 1, 0), (0.17241, 1, 1, 0, 0), (0.01608, 0, 0, 2, 0), (0.01039, 0, 0, 0, 2), (0.00739, 1, -1, 1, 0),
    (-0.00514, 1, 1, 1, 0), (0.00208, 2, 2, 0, 0), (-0.00111, 0, 0, 1, -2), (-0.00057, 0, 0, 1, 2), (0.00056, 1, 1, 2, 0),
    (-0.00042, 0, 0, 3, 0), (0.00042, 1, 1, 0, 2), (0.00038, 1, 1, 0, -2), (-0.00024, 1, -1, 2, 0),
)  # fmt: skip
CLOCK = timedelta(hours=8) - timedelta(seconds=70)
"""Beijing is 8 hours ahead of UTC, which is 65 to 75 s behind the dynamical time of the formula."""


def new_moon(number: int) -> datetime:
    """The new moon so many after that of 6 January 2000, as Beijing's clock shows it."""
    century = number / 1236.85
    eccentricity = 1 - 0.002516 * century
    sun = 2.5534 + 29.10535670 * number
    moon = 201.5643 + 385.81693528 * number + 0.0107582 * century**2
    latitude = 160.7108 + 390.67050284 * number - 0.0016118 * century**2
    true = sum(
        size * eccentricity**power * sin(radians(a * sun + b * moon + c * latitude)) for size, power, a, b, c in TERMS
    ) - 0.00017 * sin(radians(124.7746 - 1.56375588 * number))
    day = 2451550.09766 + 29.530588861 * number + 0.00015437 * century**2 + true
    return datetime(2000, 1, 1, 12) + timedelta(day - 2451545) + CLOCK


FIRST_DAYS = sorted(new_moon(number).date() for number in range(100, 460))
"""Of the lunar months from early 2008 to early 2037."""


def lunar_day(day: date) -> int:
    """Its number in its lunar month, 1 to 30."""
    return (day - max(first for first in FIRST_DAYS if first <= day)).days + 1
