"""The dictionary's metrics as BI tools take them: an aggregate over one table, and how its number is written."""

from dataclasses import dataclass
from functools import cache

from sluice.metrics.dictionary import Metric, dictionary

FORMATS = {"share": ".1%", "hours": ",.1f", "days": ",.1f", "seconds": ",.1f", "times a year": ",.2f"}
"""By unit. What is not here is counted in whole numbers. Python and d3, which browsers write numbers with, read these alike."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of the dictionary and the `format` of its numbers."""

    metric: Metric
    format: str

    @property
    def name(self) -> str:
        return self.metric.name

    @property
    def label(self) -> str:
        return self.metric.label

    @property
    def table(self) -> str:
        return self.metric.relation

    @property
    def time(self) -> str | None:
        """Column of the day that a row counts on."""
        return self.metric.dataset.time


@cache
def measures() -> dict[str, Measure]:
    """All of the dictionary, by name."""
    return {metric.name: Measure(metric, _format(metric)) for metric in dictionary().metrics}


def _format(metric: Metric) -> str:
    if metric.unit == "money" and metric.adds_up != "additive":
        return ",.2f"
    return FORMATS.get(metric.unit, ",.0f")
