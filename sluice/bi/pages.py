"""Dashboards as people write them: a YAML file a page, a chart a line, metrics by their names in the dictionary."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sluice.config import ConfigError

COLUMNS = 12
"""Width of a page, in columns of the grid."""


def _listed(given: object) -> list[object]:
    return given if isinstance(given, list) else [given]


Names = Annotated[list[str], BeforeValidator(_listed)]
Value = bool | int | str
Kind = Literal["number", "line", "area", "bar", "heatmap", "table"]
Grain = Literal["day", "week", "month"]
HEIGHTS: dict[str, int] = {"number": 18, "line": 44, "area": 44, "bar": 44, "heatmap": 50, "table": 50}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Chart(Strict):
    """One chart. It shows `metrics`, taken apart `by` dimensions, or the `columns` of a `dataset`, a row a row.

    `over` is the time along the x-axis of a line, area or bar. `where` narrows columns to values. `order` names a column or
    metric; with a minus, the greatest first. `width` is in columns of the grid, `height` in steps of eight pixels.
    """

    chart: Kind
    title: str = ""
    note: str = ""
    metrics: Names = []
    by: Names = []
    over: Grain | None = None
    dataset: str | None = None
    columns: list[str] = []
    where: dict[str, Annotated[list[Value], BeforeValidator(_listed)]] = {}
    order: str = ""
    limit: Annotated[int, Field(gt=0, le=10_000)] = 1000
    width: Annotated[int, Field(gt=0, le=COLUMNS)] | None = None
    height: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Chart":
        if bool(self.metrics) == bool(self.columns):
            raise ValueError("a chart has either metrics or columns")
        if self.columns and (self.chart != "table" or self.dataset is None):
            raise ValueError("columns are for a table, and need a dataset")
        if self.chart == "number" and (len(self.metrics) != 1 or self.by or self.over):
            raise ValueError("a number is one metric, taken apart by nothing")
        if self.chart in ("line", "area") and self.over is None:
            raise ValueError(f"a {self.chart} needs over: day, week or month")
        if self.chart == "bar" and self.over is None and not self.by:
            raise ValueError("a bar needs by or over")
        if self.chart == "heatmap" and (len(self.by) != 2 or len(self.metrics) != 1):
            raise ValueError("a heatmap is one metric by two dimensions")
        return self

    @property
    def tall(self) -> int:
        return self.height or HEIGHTS[self.chart]


class Filter(Strict):
    """What a reader of the page may narrow all its charts to: a period, or values of a column as a dataset has them."""

    name: str
    column: str | None = None
    dataset: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Filter":
        if (self.column is None) != (self.dataset is None):
            raise ValueError("a filter by value needs column and dataset; one by period neither")
        return self


class Page(Strict):
    """A dashboard: its charts in rows, from the top. `answers` is the question that it answers."""

    slug: str
    title: str
    answers: str
    filters: list[Filter] = []
    rows: list[list[Chart]]

    @property
    def charts(self) -> list[Chart]:
        return [chart for row in self.rows for chart in row]


def read(folder: Path) -> list[Page]:
    """The pages of a folder, by file name. Raises ConfigError that names file, place and fault."""
    return [_read(file) for file in sorted(folder.glob("*.yaml"))]


def _read(file: Path) -> Page:
    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Page.model_validate({"slug": file.stem.split("_", 1)[-1]} | written)
    except ValidationError as fault:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors())
        raise ConfigError(f"{file.name}: {faults}") from fault
    except (yaml.YAMLError, TypeError) as fault:
        raise ConfigError(f"{file.name}: {fault}") from fault


def widths(row: list[Chart]) -> list[int]:
    """Columns of the grid for each chart of a row: those that name none share what is left."""
    named = sum(chart.width or 0 for chart in row)
    open_ones = sum(chart.width is None for chart in row)
    share, more = divmod(max(COLUMNS - named, open_ones), open_ones) if open_ones else (0, 0)
    given = []
    for chart in row:
        given.append(chart.width or share + (more > 0))
        more -= chart.width is None
    return given
