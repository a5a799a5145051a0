"""A run that failed and a check that failed are told once, and once more when they are in order again."""

from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest

from orchestration.alerting import alert
from orchestration.resources import Warehouse
from sluice import warehouse
from tests.orchestration.conftest import House

OPEN = "select scope, severity, detail from ops.alerts where closed_at is null order by scope"
COUNTED = "select count(*), count(closed_at) from ops.alerts"
CHECK = "check shelf.is_full"


@pytest.fixture
def db(house: House, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A fresh database that alerts are written to."""
    with house.in_force(), warehouse.connect(database_url, autocommit=True) as connection:
        monkeypatch.setenv("SLUICE_DATABASE_URL", database_url)
        yield connection


@dg.asset(check_specs=[dg.AssetCheckSpec("is_full", asset="shelf")])
def shelf(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Falls, or is full, as the run's tags say."""
    if context.run.tags["falls"] == "yes":
        raise dg.Failure("the shelf fell")
    full = dg.AssetCheckResult(passed=context.run.tags["full"] == "yes", description="3 pieces are missing")
    yield dg.MaterializeResult(check_results=[full])


def run(house: House, instance: dg.DagsterInstance, falls: bool = False, full: bool = True) -> None:
    """A run, then what the daemon does when it is over: the sensor for its outcome hears of it."""
    words = {True: "yes", False: "no"}
    result = dg.materialize([shelf], instance=instance, tags={"falls": words[falls], "full": words[full]}, raise_on_error=False)
    name = "alert_after_runs" if result.success else "alert_after_failed_runs"
    context = dg.build_run_status_sensor_context(
        sensor_name=name,
        dagster_event=result.get_run_success_event() if result.success else result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        resources={"warehouse": Warehouse()},
    )
    house.defs.get_sensor_def(name)(context if result.success else context.for_run_failure())


def test_a_failed_run_is_told_once_and_over_once(house: House, db: psycopg.Connection) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            run(house, instance, falls=True)
        ((scope, severity, detail),) = db.execute(OPEN).fetchall()
        assert (scope, severity, detail) == ("run __ephemeral_asset_job__", "critical", "shelf: the shelf fell")
        for _ in range(2):
            run(house, instance)
        assert db.execute(OPEN).fetchall() == []
        assert db.execute(COUNTED).fetchone() == (1, 1)


def test_a_failed_check_of_a_run_that_succeeded_is_told_once_and_over_once(house: House, db: psycopg.Connection) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            run(house, instance, full=False)
        assert db.execute(OPEN).fetchall() == [(CHECK, "critical", "3 pieces are missing")]
        run(house, instance)
        assert db.execute(COUNTED).fetchone() == (1, 1)


def test_a_check_that_a_run_did_not_come_to_stays_as_it_was(house: House, db: psycopg.Connection) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(house, instance, full=False)
        run(house, instance, falls=True)
        assert [scope for scope, *_ in db.execute(OPEN)] == [CHECK, "run __ephemeral_asset_job__"]


def test_a_warning_is_told_as_one(db: psycopg.Connection) -> None:
    seen = dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["marts", "fct_orders"]),
        check_name="has_no_unknown_status",
        passed=False,
        metadata={},
        severity=dg.AssetCheckSeverity.WARN,
        description="2 orders",
    )
    alert(db, "nightly", None, [seen])
    assert db.execute(OPEN).fetchall() == [("check marts.fct_orders.has_no_unknown_status", "warning", "2 orders")]
