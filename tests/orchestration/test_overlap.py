"""Runs that overlap build the warehouse one after the other."""

import threading
import time
from collections.abc import Callable

import dagster as dg
import psycopg
import pytest

from sluice import warehouse
from sluice.dbt import LOCK
from tests.orchestration.conftest import House

FACILITIES = dg.AssetKey(["staging", "stg_odoo__facilities"])
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and classid = 0 and objid = %s and not granted"
"""Advisory locks are the whole server's, so those of our database only."""


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.timeout(600)
def test_a_build_waits_for_the_one_that_runs(house: House) -> None:
    results: list[dg.ExecuteInProcessResult] = []

    def build() -> None:
        job = house.defs.resolve_implicit_global_asset_job_def()
        with dg.DagsterInstance.ephemeral() as instance:
            results.append(job.execute_in_process(instance=instance, asset_selection=[FACILITIES], raise_on_error=False))

    def waiting(db: psycopg.Connection) -> bool:
        database = " and database = (select oid from pg_database where datname = current_database())"
        return db.execute(WAITING + database, (LOCK,)).fetchone() == (1,)

    with house.in_force(), warehouse.connect(house.url, autocommit=True) as running:
        running.execute("select pg_advisory_lock(%s)", (LOCK,))
        second = threading.Thread(target=build)
        second.start()
        soon(lambda: waiting(running))
        time.sleep(1)
        assert (waiting(running), results) == (True, [])
        running.execute("select pg_advisory_unlock(%s)", (LOCK,))
        second.join(300)
        assert results[0].success
        assert [event.asset_key for event in results[0].get_asset_materialization_events()] == [FACILITIES]
        assert not waiting(running)
