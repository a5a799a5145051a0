"""The dbt project: each model an asset, each test a check. One dbt process a run, since starting one costs 15 s."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets
from packaging.version import Version

from orchestration.resources import Warehouse, configuration
from sluice import dbt, warehouse
from sluice.prepare import views_stand
from sluice.project import DBT_PROJECT

BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests say nothing of the data; they run with the tests."""
EXECUTABLE = os.fspath(Path(sys.executable).parent / "dbt")
PREPARED = ("staging", "unified", "seeds")
"""Schemas of the views that landing reads through and of what they read. A run finds them built (sluice/prepare.py)."""
LEFT = ("resource_type:seed", "fqn:sluice.staging,resource_type:model", "fqn:sluice.unified,resource_type:model")
AS_THEY_STAND = ["--indirect-selection", "empty", "--exclude", " ".join(LEFT)]
"""Arguments that leave them as they are, and test them: a fifth of a build's time went into making them anew."""
LAYERS = ("staging", "unified", "marts", "seeds")
BUILT = ("success", "no-op")
RETRY = dg.RetryPolicy(max_retries=1, delay=15)


class Translator(DagsterDbtTranslator):
    """Groups by layer; sources carry the key of the asset that fills them."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        # what is not connected has no place in the lineage; to wait for what a run writes later would go round in a circle
        known = [dep for dep in spec.deps if _channel(dep.asset_key) not in not_connected()]
        spec = spec.replace_attributes(deps=[dep for dep in known if tuple(dep.asset_key.path) not in _live(manifest)])
        source = manifest["sources"].get(unique_id)
        if source and source["schema"] == "raw":
            # dbt may know a table by a name of its own; the asset is called as landing calls the table.
            return spec.replace_attributes(key=dg.AssetKey(["raw", source["identifier"]]))
        layer = spec.key.path[0]
        return spec.replace_attributes(group_name=layer if layer in LAYERS else "marts")

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """Dagster would let nothing start that is after a check which failed, even where it does not read what was checked."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(blocking=False)


class Dbt(DbtCliResource):
    """dbt of this very environment, wherever the PATH leads. The library would start another dbt only to ask for its version, and
    load dbt into this process for an adapter that nothing here asks anything of: 4 and 3 s a run."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> None:
        return None


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dbt.manifest(warehouse.url()).read_text())
    return found


@cache
def not_connected() -> frozenset[str]:
    """Channels that have staging models and that sluice.yaml does not connect: there are no tables for their models to read."""
    return frozenset(dbt.channels() - {shop.connector for shop in configuration().channels})


def _live(manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Sources that views read as they are now."""
    sources = manifest["sources"].values()
    return {(source["source_name"], source["name"]) for source in sources if source["config"]["meta"].get("read_live")}


def _channel(key: dg.AssetKey) -> str | None:
    """The channel of a staging model: 'shopify' of staging/stg_shopify__orders."""
    return key.path[-1].removeprefix("stg_").split("__")[0] if key.path[0] == "staging" else None


def in_order(models: dg.AssetsDefinition) -> Iterable[dg.AssetKey]:
    """What they make and read, each after what it is made from."""
    return TopologicalSorter({spec.key: {dep.asset_key for dep in spec.deps} for spec in models.specs}).static_order()


def tables_stand(results: Path) -> bool:
    """Whether all that was to be built is built, by dbt's own account of it. A test that failed is a check that failed, and told
    as one: what reads the tables goes on, as it does when a check of a suite fails."""
    if not results.exists():
        return False
    built = [node for node in json.loads(results.read_text())["results"] if not node["unique_id"].startswith("test.")]
    return all(node["status"] in BUILT for node in built)


@dg.definitions
def warehouse_models() -> dg.Definitions:
    translator = Translator(settings=DagsterDbtTranslatorSettings(enable_code_references=False))
    left_out = " ".join(dbt.staging(not_connected())) or None

    @dbt_assets(manifest=manifest(), name="dbt", exclude=left_out, dagster_dbt_translator=translator, retry_policy=RETRY)
    def models(context: dg.AssetExecutionContext, dbt_cli: Dbt, warehouse: Warehouse) -> Iterator[Any]:
        with warehouse.connect(autocommit=True) as db:
            db.execute("select pg_advisory_lock(%s)", (dbt.LOCK,))
            in_place = not context.is_subset and views_stand(db)
            if in_place:
                yield from (
                    dg.MaterializeResult(asset_key=key) for key in in_order(context.assets_def) if key.path[0] in PREPARED
                )
            command = BUILD + AS_THEY_STAND if in_place else BUILD
            # of an earlier build, should this one not get as far as any result
            (dbt.target() / "run_results.json").unlink(missing_ok=True)
            # in dbt's usual folder, so that a project that did not change is not parsed again
            build = dbt_cli.cli(command, context=context, target_path=dbt.target(), raise_on_error=False)
            yield from build.stream()
            if not build.is_successful() and not tables_stand(dbt.target() / "run_results.json"):
                raise build.get_error() or dg.Failure("dbt failed")

    os.environ.update(dbt.environment(warehouse.url()))
    return dg.Definitions(
        assets=[models], resources={"dbt_cli": Dbt(project_dir=os.fspath(DBT_PROJECT), dbt_executable=EXECUTABLE)}
    )
