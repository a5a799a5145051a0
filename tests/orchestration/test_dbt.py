"""How a run starts dbt, and what becomes of it when a check fails."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster_dbt import DbtCliResource

from orchestration.alerting import alert, reasons, told
from orchestration.defs.warehouse.dbt import Dbt, tables_stand
from sluice import warehouse
from sluice.project import DBT_PROJECT
from tests.orchestration.conftest import House


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Stands where dbt would, and writes down how it was called."""
    found = tmp_path / "dbt"
    found.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "calls"}\n')
    found.chmod(0o755)
    return found


def called(program: Path) -> list[str]:
    return (program.parent / "calls").read_text().splitlines()


def test_a_build_starts_dbt_once_and_asks_no_adapter(program: Path, tmp_path: Path) -> None:
    started = Dbt(project_dir=str(DBT_PROJECT), dbt_executable=str(program)).cli(["build"], target_path=tmp_path).wait()
    assert called(program) == ["build"]
    assert started.adapter is None
    assert started.cli_version.major == 1


def test_the_librarys_own_starts_another_dbt_for_its_version(program: Path, tmp_path: Path) -> None:
    """Should it stop doing so, Dbt has no reason to be."""
    with pytest.raises(ValueError, match="version"):
        DbtCliResource(project_dir=str(DBT_PROJECT), dbt_executable=str(program)).cli(["build"], target_path=tmp_path)
    assert called(program) == ["--version"]


ORDERS = dg.AssetKey(["staging", "stg_shopify__orders"])
FACTS = dg.AssetKey(["marts", "fct_orders"])
MARTS = ("dim_channels", "dim_facilities", "dim_holidays", "dim_dates", "dim_exchange_rates", "dim_products", "fct_orders")
"""The orders, and what they are made from."""
TIMELESS = """
insert into raw.shopify_orders (shop, id, legacy_resource_id, name, created_at, updated_at, test, currency_code, taxes_included,
    tags, total_price_set_shop_money_amount, _received_at, _loaded_at, _file_id, _digest)
values ('main', '1', '1', '#1', now(), now(), false, 'CNY', true, '[]', 0, now(), now(), 1, 'd')
"""


@pytest.fixture
def timeless(house: House) -> Iterator[psycopg.Connection]:
    """One order that lacks its time, in one channel."""
    with house.in_force(), warehouse.connect(house.url, autocommit=True) as db:
        db.execute(TIMELESS)
        yield db
        db.execute("delete from raw.shopify_orders")
        db.execute("delete from ops.alerts")


@pytest.mark.timeout(1200)
def test_a_wrong_row_turns_its_check_red_and_what_reads_the_tables_goes_on(house: House, timeless: psycopg.Connection) -> None:
    after = dg.AssetSpec("reads_the_marts", deps=[FACTS])

    @dg.multi_asset(specs=[after])
    def reader() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(asset_key="reads_the_marts")

    job = dg.Definitions.merge(house.defs, dg.Definitions(assets=[reader])).resolve_implicit_global_asset_job_def()
    selection = [ORDERS, *(dg.AssetKey(["marts", name]) for name in MARTS), after.key]
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, asset_selection=selection, raise_on_error=False)
    assert result.success, reasons(result.all_events)
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert made >= set(selection)
    red = [check for check in result.get_asset_check_evaluations() if not check.passed and check.asset_key == ORDERS]
    assert [(check.check_name, check.severity) for check in red] == [
        ("not_null_stg_shopify__orders_ordered_at", dg.AssetCheckSeverity.ERROR)
    ]
    alert(timeless, "everything", told(reasons(result.all_events)), result.get_asset_check_evaluations())
    opened = timeless.execute("select scope, severity from ops.alerts where closed_at is null").fetchall()
    assert ("check staging.stg_shopify__orders.not_null_stg_shopify__orders_ordered_at", "critical") in opened


@pytest.mark.parametrize(
    ("model", "test", "stand"),
    [("success", "fail", True), ("no-op", "error", True), ("error", "pass", False), ("skipped", "fail", False)],
)
def test_tables_stand_where_only_checks_failed(tmp_path: Path, model: str, test: str, stand: bool) -> None:
    results = tmp_path / "run_results.json"
    assert not tables_stand(results)
    nodes = [{"unique_id": "model.sluice.fct_orders", "status": model}, {"unique_id": "test.sluice.holds", "status": test}]
    results.write_text(json.dumps({"results": nodes}), encoding="utf-8")
    assert tables_stand(results) is stand
