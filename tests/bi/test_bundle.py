"""What Superset imports: every page that ships compiles, its numbers are the dictionary's own, and a fault is named."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice.bi import bundle, pages
from sluice.bi.catalog import marts, spoken
from sluice.bi.measures import measures
from sluice.bi.pages import Page
from sluice.config import ConfigError
from sluice.metrics.dictionary import dictionary
from sluice.project import DASHBOARDS, DBT_PROJECT

SHIPPED = pages.read(DASHBOARDS / "pages")


@pytest.fixture(scope="module")
def files() -> bundle.Files:
    return bundle.compiled(SHIPPED, measures(), marts())


def of_kind(files: bundle.Files, kind: str) -> list[dict[str, Any]]:
    return [content for name, content in files.items() if name.startswith(f"{kind}/")]


def test_the_pages_of_the_house(files: bundle.Files) -> None:
    assert {"sales", "stock", "planning", "quality", "operations"} <= {one["slug"] for one in of_kind(files, "dashboards")}
    assert len(of_kind(files, "charts")) == sum(len(page.charts) for page in SHIPPED)


def test_every_metric_of_the_dictionary_is_there_with_its_own_expression(files: bundle.Files) -> None:
    found = {metric["metric_name"]: metric["expression"] for one in of_kind(files, "datasets") for metric in one["metrics"]}
    assert found == {metric.name: metric.expression for metric in dictionary().metrics}


def test_no_chart_brings_a_formula_of_its_own(files: bundle.Files) -> None:
    """Its metrics are names; an aggregate written into a chart would be an object."""
    known = {metric.name for metric in dictionary().metrics}
    for chart in of_kind(files, "charts"):
        (query,) = json.loads(chart["query_context"])["queries"]
        assert set(query["metrics"] or []) <= known, chart["slice_name"]
        form = chart["params"]
        assert {*form.get("metrics", []), *([form["metric"]] if "metric" in form else [])} <= known
        assert all(one["expressionType"] == "SIMPLE" for one in form["adhoc_filters"])


def test_form_and_query_of_a_chart_ask_the_same(files: bundle.Files) -> None:
    for chart in of_kind(files, "charts"):
        form, (query,) = chart["params"], json.loads(chart["query_context"])["queries"]
        asked = form.get("metrics") or [form["metric"]] if "metric" in form or "metrics" in form else None
        assert query["metrics"] == asked
        assert [one["col"] for one in query["filters"]] == [one["subject"] for one in form["adhoc_filters"]]


def test_everything_points_to_something_in_it(files: bundle.Files) -> None:
    datasets = {one["uuid"] for one in of_kind(files, "datasets")}
    charts = {one["uuid"] for one in of_kind(files, "charts")}
    assert {one["dataset_uuid"] for one in of_kind(files, "charts")} <= datasets
    placed = []
    for page in of_kind(files, "dashboards"):
        placed += [
            node["meta"]["uuid"] for node in page["position"].values() if isinstance(node, dict) and node["type"] == "CHART"
        ]
        for asked in page["metadata"]["native_filter_configuration"]:
            assert all(target == {} or target["datasetUuid"] in datasets for target in asked["targets"])
    assert sorted(placed) == sorted(charts)


def test_the_same_pages_make_the_same_files(files: bundle.Files) -> None:
    """What is imported again replaces what was."""
    assert bundle.compiled(SHIPPED, measures(), marts()) == files


def test_no_secret_and_no_address_is_in_it(files: bundle.Files, tmp_path: Path) -> None:
    (database,) = of_kind(files, "databases")
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://"
    assert "password" not in database
    bundle.write(files, tmp_path / "bundle")
    assert {str(file.relative_to(tmp_path / "bundle")) for file in tmp_path.rglob("*.yaml")} == set(files)


@pytest.mark.parametrize(
    ("chart", "fault"),
    [
        ({"chart": "number", "metrics": "revenue"}, "revenue is not in the dictionary"),
        ({"chart": "bar", "metrics": "net_sales", "by": "sku"}, "sku is no dimension of net_sales"),
        ({"chart": "table", "metrics": ["net_sales", "stock_units"], "by": "facility_id"}, "one chart reads one table"),
        ({"chart": "table", "dataset": "marts.nothing", "columns": ["sku"]}, "marts.nothing is no mart"),
        ({"chart": "table", "dataset": "marts.dim_products", "columns": ["price_tag"]}, "no column price_tag"),
        ({"chart": "number", "metrics": "orders", "where": {"colour": "red"}}, "no column colour"),
    ],
)
def test_a_page_that_asks_for_what_there_is_not_is_named(chart: dict[str, Any], fault: str) -> None:
    page = Page.model_validate({"slug": "mine", "title": "Mine", "answers": "What?", "rows": [[chart]]})
    with pytest.raises(ConfigError, match=rf"dashboards/pages: mine.*{fault}"):
        bundle.compiled([page], measures(), marts())


def test_headings_are_spoken() -> None:
    assert [spoken(name) for name in ("facility_id", "sku", "hours_open")] == ["Facility ID", "SKU", "Hours open"]


def test_the_exposure_names_what_the_pages_read(files: bundle.Files) -> None:
    """So that dbt tells who is hurt by a change of a mart."""
    exposures = yaml.safe_load((DBT_PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    (dashboards,) = (one for one in exposures if one["name"] == "dashboards")
    shown = {one["dataset_uuid"] for one in of_kind(files, "charts")}
    read = {f"ref('{one['table_name']}')" for one in of_kind(files, "datasets") if one["uuid"] in shown}
    assert set(dashboards["depends_on"]) == read
