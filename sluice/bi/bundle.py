"""Everything that Superset imports, compiled from the pages, the dictionary of metrics and the marts' own descriptions."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from sluice.bi import charts, layout
from sluice.bi.catalog import Mart
from sluice.bi.measures import Measure
from sluice.bi.pages import Chart, Page
from sluice.config import ConfigError

VERSION = "1.0.0"
FRACTIONS = ("double precision", "numeric(18, 2)", "numeric(18, 4)")
"""Types of columns that two decimals are enough of to read."""
DATABASE = "Sluice warehouse"
Files = dict[str, dict[str, Any]]
"""Content by path within the bundle."""


def compiled(pages: Iterable[Page], measures: Mapping[str, Measure], marts: Mapping[str, Mart]) -> Files:
    """The bundle's files. Raises ConfigError where a page names a metric, dimension, dataset or column that there is not."""
    made = _Bundle(measures, marts)
    pages = list(pages)
    files: Files = {"metadata.yaml": {"version": VERSION, "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"}}
    files["databases/warehouse.yaml"] = _database()
    for page in pages:
        files |= made.page(page)
    tables = {measure.table for measure in measures.values()} | {table for page in pages for table in made.tables(page)}
    return files | {f"datasets/warehouse/{_plain(table)}.yaml": made.dataset(table) for table in sorted(tables)}


def write(files: Files, folder: Path) -> None:
    """Replace what is in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _uuid(*names: object) -> str:
    """The same for the same names, for ever: what is imported again replaces what was."""
    return str(uuid5(NAMESPACE_URL, "/".join(["sluice", "bi", *map(str, names)])))


def _plain(table: str) -> str:
    return table.replace(".", "_")


def _database() -> dict[str, Any]:
    # where it is and who reads it, dashboards/superset_config.py says at each connection
    shared = {"expose_in_sqllab": True, "allow_ctas": False, "allow_cvas": False, "allow_dml": False, "allow_csv_upload": False}
    named = {"database_name": DATABASE, "sqlalchemy_uri": "postgresql+psycopg2://", "cache_timeout": None}
    return named | shared | {"extra": {}, "uuid": _uuid("database"), "version": VERSION, "is_managed_externally": True}


class _Bundle:
    def __init__(self, measures: Mapping[str, Measure], marts: Mapping[str, Mart]) -> None:
        self.measures = measures
        self.marts = marts
        self.formats = {name: measure.format for name, measure in measures.items()}

    def page(self, page: Page) -> Files:
        uuids = [_uuid("chart", page.slug, number) for number in range(len(page.charts))]
        datasets = {table: _uuid("dataset", table) for table in self.tables(page)}
        files = dict(self._charts(page, uuids))
        files[f"dashboards/{page.slug}.yaml"] = {
            "dashboard_title": page.title,
            "description": page.answers,
            "css": "",
            "slug": page.slug,
            "uuid": _uuid("dashboard", page.slug),
            "position": layout.position(page, uuids),
            "metadata": layout.metadata(page, datasets),
            "published": True,
            "version": VERSION,
            "is_managed_externally": True,
        }
        return files

    def _charts(self, page: Page, uuids: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, (chart, uuid) in enumerate(zip(page.charts, uuids, strict=True)):
            where = f"dashboards/pages: {page.slug}, chart {number + 1}"
            table = self._table(chart, where)
            yield (
                f"charts/{page.slug}_{number + 1:02}.yaml",
                {
                    "slice_name": chart.title or self.measures[chart.metrics[0]].label,
                    "description": chart.note or self._described(chart),
                    **charts.compiled(chart, self._time(chart, table), self._formats(chart, table)),
                    "cache_timeout": None,
                    "uuid": uuid,
                    "version": VERSION,
                    "dataset_uuid": _uuid("dataset", table),
                    "is_managed_externally": True,
                },
            )

    def tables(self, page: Page) -> list[str]:
        """The tables that a page's charts and filters read."""
        read = [self._table(chart, f"dashboards/pages: {page.slug}") for chart in page.charts]
        return sorted({*read, *(one.dataset for one in page.filters if one.dataset)})

    def _described(self, chart: Chart) -> str:
        return " ".join(f"{self.measures[name].label}: {self.measures[name].metric.description}" for name in chart.metrics)

    def _formats(self, chart: Chart, table: str) -> dict[str, str]:
        if chart.metrics:
            return self.formats
        return {column.name: ",.2f" for column in self.marts[table].columns if column.type in FRACTIONS}

    def _time(self, chart: Chart, table: str) -> str | None:
        if chart.metrics:
            return self.measures[chart.metrics[0]].time
        return next(iter(self.marts[table].times), None)

    def _table(self, chart: Chart, where: str) -> str:
        """The one table that a chart reads."""
        if unknown := [name for name in chart.metrics if name not in self.measures]:
            raise ConfigError(f"{where}: {', '.join(unknown)} is not in the dictionary (`sluice metrics` lists it)")
        tables = {self.measures[name].table for name in chart.metrics} | ({chart.dataset} if chart.dataset else set())
        if len(tables) > 1:
            raise ConfigError(f"{where}: reads {' and '.join(sorted(tables))}; one chart reads one table")
        (table,) = tables
        if table not in self.marts:
            raise ConfigError(f"{where}: {table} is no mart")
        allowed = {name for metric in chart.metrics for name in self.measures[metric].metric.dataset.dimensions}
        columns = {column.name for column in self.marts[table].columns}
        if wrong := [name for name in chart.by if name not in allowed]:
            raise ConfigError(f"{where}: {', '.join(wrong)} is no dimension of {', '.join(chart.metrics)}")
        if wrong := [name for name in [*chart.columns, *chart.by, *chart.where] if name not in columns]:
            raise ConfigError(f"{where}: {table} has no column {', '.join(wrong)}")
        return table

    def dataset(self, table: str) -> dict[str, Any]:
        mart = self.marts[table]
        schema, name = table.split(".")
        measures = [measure for measure in self.measures.values() if measure.table == table]
        times = [measure.time for measure in measures if measure.time] or mart.times
        return {
            "table_name": name,
            "main_dttm_col": times[0] if times else None,
            "description": mart.description,
            "schema": schema,
            "sql": None,
            "filter_select_enabled": True,
            "uuid": _uuid("dataset", table),
            "columns": [
                {
                    "column_name": column.name,
                    "verbose_name": column.label,
                    "is_dttm": column.is_time,
                    "is_active": True,
                    "type": column.type.upper(),
                    "groupby": True,
                    "filterable": True,
                    "description": column.description,
                }
                for column in mart.columns
            ],
            "metrics": [
                {
                    "metric_name": measure.name,
                    "verbose_name": measure.label,
                    "expression": measure.metric.expression,
                    "description": measure.metric.description,
                    "d3format": measure.format,
                }
                for measure in measures
            ],
            "version": VERSION,
            "database_uuid": _uuid("database"),
            "is_managed_externally": True,
        }
