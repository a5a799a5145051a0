"""The rules of the dbt project: layers, one yml a model, everything described."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from sluice import dbt, warehouse
from sluice.project import DBT_PROJECT
from tests.conftest import DBT

LAYERS = {"staging": {"seeds", "staging"}, "unified": {"staging", "unified"}, "marts": {"seeds", "unified", "marts"}}
SOURCES_OF_MARTS = {
    "source.sluice.raw.shops",
    "source.sluice.customers.crosswalk",
    "source.sluice.customers.crosswalk_history",
    *(f"source.sluice.ops.{name}" for name in ("order_events", "stock_movements", "stock_positions", "stock_feeds")),
}
RESOLVED_BEFORE = "source.sluice.customers.crosswalk"
"""Who is who: each run settles it before the models are built."""
YML = sorted(path for path in DBT_PROJECT.rglob("*.yml") if path.parent != DBT_PROJECT)


@pytest.fixture(scope="module")
def manifest(postgres: warehouse.Embedded, home_of_dbt: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(dbt.manifest(postgres.url(DBT)).read_text())
    return parsed


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) > 40
    return found


def layer(node: dict[str, Any]) -> str:
    return "seeds" if node["resource_type"] == "seed" else str(node["fqn"][1])


def test_layers_read_only_what_is_right_below(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    for model in models:
        below = [manifest["nodes"][name] for name in model["depends_on"]["nodes"] if not name.startswith("source.")]
        assert {layer(node) for node in below} <= LAYERS[layer(model)], model["name"]


def test_staging_keeps_to_its_own_channel(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    for model in (model for model in models if layer(model) == "staging"):
        refs = [manifest["nodes"][name] for name in model["depends_on"]["nodes"] if name.startswith("model.")]
        assert {node["fqn"][2] for node in refs} <= {model["fqn"][2]}, model["name"]


def test_sources_enter_by_staging_and_few_further_up(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    # a table would show what the run before wrote there
    live = {name for name, source in manifest["sources"].items() if source["config"]["meta"].get("read_live")}
    assert live
    for model in models:
        sources = {name for name in model["depends_on"]["nodes"] if name.startswith("source.")}
        if layer(model) == "unified":
            # which shops there are decides whose rows are united
            assert sources <= {"source.sluice.raw.shops", RESOLVED_BEFORE}, model["name"]
        if layer(model) == "marts":
            is_view = model["config"]["materialized"] == "view"
            assert sources <= (live | {RESOLVED_BEFORE} if is_view else SOURCES_OF_MARTS), model["name"]


UNITED = [path for path in sorted((DBT_PROJECT / "models" / "unified").glob("*.sql")) if path.stem != "customer_keys"]


@pytest.mark.parametrize("model", UNITED, ids=lambda path: path.stem)
def test_a_unified_view_names_each_channel_once(model: Path) -> None:
    """Named twice, all of its rows would be there twice."""
    (listed,) = re.findall(r"(?:channels|streams)=\[(.*?)\]", model.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"'(\w+)'", listed)
    assert named == sorted(set(named))
    assert named


def test_every_model_and_column_is_described_with_its_grain(models: list[dict[str, Any]]) -> None:
    for model in models:
        description = model["description"].strip()
        grain = description.rstrip(".").split(". ")[-1]
        assert grain.lower().startswith("one row"), f"{model['name']}: the description ends with the grain: {description!r}"
        assert model["columns"], f"{model['name']}: no column is described"
        for name, column in model["columns"].items():
            assert column["description"], f"{model['name']}.{name}"


def test_one_yml_stands_beside_each_model(models: list[dict[str, Any]]) -> None:
    for model in models:
        assert model["patch_path"] is not None, model["name"]
        assert Path(model["patch_path"].split("://")[1]) == Path(model["original_file_path"]).with_suffix(".yml")


def test_marts_promise_their_columns_and_key(manifest: dict[str, Any], models: list[dict[str, Any]]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keyed = {node["attached_node"] for node in tests if node["test_metadata"] and node["test_metadata"]["name"] == "unique_key"}
    for model in (model for model in models if layer(model) == "marts"):
        assert model["contract"]["enforced"], model["name"]
        if model["config"]["materialized"] == "view":
            # a view takes no constraint; its key is tested
            assert model["unique_id"] in keyed, model["name"]
        else:
            assert "primary_key" in {constraint["type"] for constraint in model["constraints"]}, model["name"]


REPORTS = "seed.sluice.currencies"
"""Named by tests that only report: nothing is downstream of it and of what they test."""


def test_what_only_reports_has_nothing_downstream(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    reporting = {node["unique_id"] for node in tests if REPORTS in node["depends_on"]["nodes"]}
    assert {node["test_metadata"]["name"] for node in tests if node["unique_id"] not in reporting} == {"unique_key"}
    assert {name.split(".")[0] for name in manifest["child_map"][REPORTS]} == {"test"}


def test_what_reads_the_marts_is_declared(manifest: dict[str, Any]) -> None:
    assert {exposure["name"] for exposure in manifest["exposures"].values()} >= {"data_service", "quotas"}


@pytest.mark.parametrize("path", YML, ids=lambda path: path.relative_to(DBT_PROJECT).as_posix())
def test_yml_keeps_to_dbts_own_schema(path: Path) -> None:
    """dbt checks it for four warehouses, and PostgreSQL is not among them: a misspelt key there is ignored without a word."""
    schemas = pytest.importorskip("dbt.jsonschemas.jsonschemas")
    if not hasattr(schemas, "resources_schema"):
        pytest.skip("this dbt keeps its schema elsewhere")
    schema = schemas.resources_schema()
    # it knows them as Error and Warn; dbt itself takes both, and everyone writes them small
    schema["definitions"]["Severity"]["enum"] += ["error", "warn"]
    faults = Draft7Validator(schema).iter_errors(yaml.safe_load(path.read_text()))
    assert [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}" for fault in faults] == []
