"""SLUICE_DATABASE_URL: a PostgreSQL server of the user's, version 15 or newer, instead of the embedded one."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.operations.decide import decide, invariant_violations
from sluice.planning_policy import Planning
from tests.cli.command import User, user
from tests.cli.servers import OLDEST, oldest_server, server_that_says
from tests.conftest import DBT, copy_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", params=["the version we embed", "PostgreSQL 15"])
def served(
    request: pytest.FixtureRequest, postgres: warehouse.Embedded, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[User]:
    """A user whose server holds an empty database, then what `sluice land` put there."""
    if request.param == "PostgreSQL 15":
        if not OLDEST.is_dir():
            pytest.skip(f"there is no PostgreSQL 15 in {OLDEST}")
        server = oldest_server()
    else:
        server = copy_of(postgres, request.getfixturevalue("prepared_template"), DBT)
    with server as address:
        made = user(tmp_path_factory.mktemp("served"), 200, address)
        landed = made.sluice("land", "--json")
        assert landed.code == 0, landed.err
        assert sum(stream["new"] for stream in landed.json) > 200
        yield made


@pytest.fixture
def db(served: User) -> Iterator[psycopg.Connection]:
    with warehouse.connect(served.database) as connection:
        yield connection


def test_status_tells_what_the_server_holds(served: User, db: psycopg.Connection) -> None:
    landed = served.sluice("status", "--json").json["landed"]
    told = {f"{row['channel']}_{row['stream']}": int(row["records"]) for row in landed}
    assert told["shopify_orders"] == db.execute("select count(*) from raw.shopify_orders").fetchone()[0] > 0  # type: ignore[index]
    assert {row["channel"] for row in landed} == {"shopify", "taobao", "odoo", "file"}


def test_every_shop_agrees(served: User) -> None:
    done = served.sluice("reconcile", "--json")
    assert done.code == 0, done.err
    for shop in done.json:
        assert shop["claimed_orders"] == shop["held_orders"] > 0
        assert shop["missing_orders"] == shop["surplus_orders"] == shop["differing_orders"] == 0
        assert shop["claimed_totals"] == shop["held_totals"]


def test_marts_and_plan_are_made_there_too(served: User, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(served.home))
    assert served.database
    dbt.run(served.database, ["run", "--select", "path:models/marts"])
    decision = decide(db, Planning(as_of="last_order"))
    assert decision.quota_rows >= 0 < decision.stock_plan_rows
    assert invariant_violations(db, decision.run_id) == 0


def test_no_server_of_our_own_is_made(served: User) -> None:
    assert not (served.home / "postgres").exists()
    assert served.left_running() == []


def test_an_address_where_nothing_answers_is_one_message(tmp_path: Path) -> None:
    done = user(tmp_path, 100, "postgresql://nobody@127.0.0.1:1/orders").sluice("land")
    assert done.code == 2
    assert done.err.startswith("sluice: SLUICE_DATABASE_URL: no connection")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["land", "reconcile", "run"])
def test_a_server_too_old_is_told_so(tmp_path: Path, command: str) -> None:
    with server_that_says("14.19") as address:
        done = user(tmp_path, 100, address).sluice(command)
    assert (done.code, done.out) == (2, "")
    assert done.err == "sluice: SLUICE_DATABASE_URL: PostgreSQL 14 is too old; 15 or newer is needed\n"
