"""Everything the house does is in Dagster's graph, with its lineage, its checks, and the times at which it runs."""

from collections import deque
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from sluice.project import DBT_PROJECT
from sluice.quality import checks
from tests.orchestration.conftest import House


@pytest.fixture(scope="module")
def graph(house: House) -> AssetGraph:
    return house.defs.resolve_asset_graph()


def names(graph: AssetGraph) -> set[tuple[str, str]]:
    return {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}


def downstream(graph: AssetGraph, start: dg.AssetKey) -> set[str]:
    found, ahead = {start}, deque([start])
    while ahead:
        fresh = graph.get(ahead.popleft()).child_keys - found
        found |= fresh
        ahead.extend(fresh)
    return {key.to_user_string() for key in found}


def test_everything_in_it_can_be_loaded(house: House) -> None:
    dg.Definitions.validate_loadable(house.defs)


CONNECTED = {"file", "odoo", "shopify", "taobao"}
"""By the demo's sluice.yaml. Models of other channels have no tables to read, and no place in the graph."""


def connected(house: House, kind: str) -> list[dict[str, Any]]:
    """Nodes of the project, but for those of channels that are not connected."""
    nodes = [node for node in house.manifest["nodes"].values() if node["resource_type"] == kind]
    return [node for node in nodes if node["fqn"][1] != "staging" or node["fqn"][2] in CONNECTED]


def test_every_model_of_a_connected_channel_is_an_asset(house: House, graph: AssetGraph) -> None:
    models = connected(house, "model")
    files = {file.stem for file in (DBT_PROJECT / "models").rglob("*.sql")}
    assert {node["name"] for node in house.manifest["nodes"].values() if node["resource_type"] == "model"} == files
    made = {key.to_user_string() for key in graph.materializable_asset_keys if key.path[0] != "raw"}
    assert {f"{node['config']['schema']}/{node['name']}" for node in models} - made == set()
    assert {key.split("/")[1].split("__")[0] for key in made if key.startswith("staging/")} == {f"stg_{one}" for one in CONNECTED}


def test_every_test_of_the_data_is_a_check(house: House, graph: AssetGraph) -> None:
    tests = {node["name"] for node in connected(house, "test")}
    assert len(tests) > 100
    assert tests - {name for _, name in names(graph)} == set()


def test_every_expectation_is_a_check(graph: AssetGraph) -> None:
    expected = {(suite.table.replace(".", "/"), one.name) for suite in checks.suites() for one in suite.expectations}
    assert len(expected) > 50
    assert expected - names(graph) == set()


@pytest.mark.parametrize("shop", ["shopify_main", "taobao_flagship", "file_hangzhou"])
def test_every_shop_that_sells_is_held_against_its_channel(graph: AssetGraph, shop: str) -> None:
    assert ("unified/orders", f"agrees_with_{shop}") in names(graph)


@pytest.mark.parametrize("order", ["raw/shopify_orders", "raw/taobao_trades", "raw/odoo_quants", "raw/file_orders"])
@pytest.mark.parametrize("quota", ["published/shopify_main", "published/taobao_flagship"])
def test_lineage_leads_from_each_channel_to_each_quota(graph: AssetGraph, order: str, quota: str) -> None:
    assert quota in downstream(graph, dg.AssetKey(order.split("/")))


def test_an_order_passes_through_every_room_on_its_way(graph: AssetGraph) -> None:
    passed = downstream(graph, dg.AssetKey(["raw", "shopify_orders"]))
    rooms = {"staging/stg_shopify__orders", "unified/orders", "ops/commitments", "marts/fct_orders", "marts/stock_position"}
    assert rooms | {"planning/safety_stock", "planning/stock_plan", "planning/quotas"} <= passed


def test_nothing_in_the_graph_stands_apart(graph: AssetGraph) -> None:
    """What the house reads it also makes, all but the list of shops, which is written from sluice.yaml at every start."""
    assert {key.to_user_string() for key in graph.external_asset_keys} == {"raw/shops"}


def test_the_jobs(house: House, graph: AssetGraph) -> None:
    selected = {
        name: {key.to_user_string() for key in house.defs.resolve_job_def(name).asset_layer.executable_asset_keys}
        for name in ("everything", "ingest", "nightly", "simulate")
    }
    made = {key.to_user_string() for key in graph.materializable_asset_keys}
    assert selected["simulate"] == {"simulation/scenarios"}
    assert selected["everything"] == selected["nightly"] == made - selected["simulate"]
    assert {key.split("/")[0] for key in selected["ingest"]} == {"raw", "ops", "published"}


def test_the_times_at_which_things_run(house: House) -> None:
    found = {
        one.name: one
        for one in (house.defs.resolve_schedule_def(name) for name in ("ingest_every_15_minutes", "plan_every_night"))
    }
    assert {one.cron_schedule for one in found.values()} == {"*/15 * * * *", "30 2 * * *"}
    assert {one.job_name for one in found.values()} == {"ingest", "nightly"}
    assert {one.default_status for one in found.values()} == {dg.DefaultScheduleStatus.RUNNING}


@pytest.mark.parametrize("sensor", ["alert_after_failed_runs", "alert_after_runs"])
def test_a_sensor_watches_every_run_without_being_switched_on(house: House, sensor: str) -> None:
    assert house.defs.get_sensor_def(sensor).default_status == dg.DefaultSensorStatus.RUNNING
