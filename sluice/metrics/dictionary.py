"""The metric dictionary: what each number is called, means and is reckoned by. Written in metrics.yml beside this file."""

import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).with_name("metrics.yml")
NAME = r"^_?[a-z][a-z0-9_]*$"
OTHER = re.compile(r"\{(\w+)\}")
Unit = Literal["count", "pieces", "money", "share", "seconds", "hours", "days", "times a year"]
AddsUp = Literal["additive", "ratio", "percentile"]


class MetricError(Exception):
    """A question that the dictionary cannot answer, in words that say what it can."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(Strict):
    """A view of the warehouse, a row a fact. `dimensions` are columns of it that may be asked by."""

    name: str = Field(pattern=NAME)
    relation: str = Field(pattern=r"^[a-z_]+\.[a-z][a-z0-9_]*$")
    time: str | None = Field(None, pattern=NAME)
    currency: str | None = Field(None, pattern=NAME)
    dimensions: tuple[str, ...]


class Metric(Strict):
    """A number. `expression` is the SQL aggregate over the rows of its dataset, whole: no reference is left in it."""

    name: str = Field(pattern=NAME)
    label: str
    description: str
    dataset: Dataset
    unit: Unit
    adds_up: AddsUp
    expression: str

    @property
    def relation(self) -> str:
        return self.dataset.relation

    @property
    def currency(self) -> str | None:
        """Column of the currency that the amount is in; None where it is no money."""
        return self.dataset.currency if self.unit == "money" else None


class Dictionary(Strict):
    datasets: tuple[Dataset, ...]
    metrics: tuple[Metric, ...]

    def metric(self, name: str) -> Metric:
        """Raises MetricError."""
        for one in self.metrics:
            if one.name == name:
                return one
        raise MetricError(f"there is no metric {name}; there are {', '.join(one.name for one in self.metrics)}")


@cache
def dictionary() -> Dictionary:
    """The dictionary of the house."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> Dictionary:
    """A dictionary from YAML. Raises MetricError for a reference that leads nowhere or round in a circle, pydantic's else."""
    raw = yaml.safe_load(text)
    datasets = {name: Dataset(name=name, **one) for name, one in raw["datasets"].items()}
    conditions = {name: (None, text) for name, text in raw.get("conditions", {}).items()}
    written = conditions | {one["name"]: (one["dataset"], one["expression"]) for one in raw["metrics"]}
    if len(written) < len(conditions) + len(raw["metrics"]):
        raise MetricError("a name is given twice")
    metrics = []
    for one in raw["metrics"]:
        if one["dataset"] not in datasets:
            raise MetricError(f"{one['name']}: there is no dataset {one['dataset']}")
        expression = _whole(one["name"], written, one["dataset"], ())
        metrics.append(Metric(**one | {"dataset": datasets[one["dataset"]], "expression": expression}))
    return Dictionary(datasets=tuple(datasets.values()), metrics=tuple(metrics))


def _whole(name: str, written: dict[str, tuple[str | None, str]], dataset: str, above: tuple[str, ...]) -> str:
    """The expression with every reference replaced by what it stands for, in brackets."""
    if name in above:
        raise MetricError(f"{name} is defined by itself: {' -> '.join((*above, name))}")
    home, expression = written.get(name, (None, None))
    if expression is None or home not in (None, dataset):
        raise MetricError(f"{above[-1]} refers to {name}, which the dataset {dataset} does not have")
    return OTHER.sub(lambda found: f"({_whole(found[1], written, dataset, (*above, name))})", expression)
