"""A landing that dies anywhere, and one beside another: landed again, the tables are those of one clean landing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.landing import lake, raw_tables
from sluice.landing.land import land
from sluice.landing.replay import replay
from sluice.warehouse import Embedded
from tests.landing.lander import RECORDS, connector
from tests.landing.state import held, one
from tests.landing.toy import CONNECTION, ORDERS, toy

PAGES = 12


def start(url: str, die_at: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.landing.lander", url, str(PAGES), die_at],
        env=dict(os.environ),
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def clean(postgres: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What one landing without a fault leaves, in a database of its own."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database clean_landing template {template}")
    with pytest.MonkeyPatch.context() as patch, warehouse.connect(postgres.url("clean_landing")) as db:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("clean")))
        raw_tables.ensure(db, [toy()])
        land(db, connector(PAGES, ""), CONNECTION, ORDERS)
        found = held(db)
    assert len(found["toy_orders"]) == PAGES * (RECORDS - 11)
    assert len(found["quarantine"]) == PAGES
    yield found
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("drop database clean_landing")


def check(db: psycopg.Connection, url: str, clean: dict[str, Any]) -> None:
    """Land what is left; nothing is lost or doubled, the lake has no more than the manifest, and holds it all."""
    again = start(url)
    assert again.wait(120) == 0, again.stderr and again.stderr.read()
    assert held(db) == clean
    lake.sweep(db)
    files = {file.relative_to(lake.root()).as_posix() for file in lake.root().rglob("*") if file.is_file()}
    assert files == {row[0] for row in db.execute("select path from raw.manifest")}
    assert one(db, "select cursor from raw.cursors") == {"next": PAGES}
    replay(db, toy(), "main", ORDERS)
    assert held(db) == clean


@pytest.mark.parametrize("die_at", ["reading:7", "renamed", "committed:6"])
def test_a_landing_that_dies_at_a_known_point(
    raw: psycopg.Connection, database_url: str, clean: dict[str, Any], die_at: str
) -> None:
    dying = start(database_url, die_at)
    assert dying.wait(120) == -signal.SIGKILL, dying.stderr and dying.stderr.read()
    check(raw, database_url, clean)


@pytest.mark.parametrize("seed", range(2))
def test_a_landing_that_is_killed_at_any_moment(
    raw: psycopg.Connection, database_url: str, clean: dict[str, Any], seed: int
) -> None:
    moment = random.Random(seed)
    for _ in range(3):
        dying = start(database_url)
        # the lock shows that it has begun; from there a kill falls anywhere into its second or so of work
        wait_until_landing(raw, dying)
        time.sleep(moment.uniform(0, 0.6))
        dying.kill()
        dying.wait()
    check(raw, database_url, clean)


def wait_until_landing(db: psycopg.Connection, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        held_locks = one(db, "select count(*) from pg_locks where locktype = 'advisory' and granted")
        db.commit()
        if held_locks or process.poll() is not None:
            return
        time.sleep(0.02)


def test_two_at_once_are_as_one(raw: psycopg.Connection, database_url: str, clean: dict[str, Any]) -> None:
    both = [start(database_url), start(database_url)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert held(raw) == clean
    # the second found the first's cursor: no page was landed twice
    assert one(raw, "select sum(pages) from raw.manifest") == PAGES


def test_tables_made_by_two_at_once(database_url: str) -> None:
    code = (
        "import sys; from sluice import warehouse; from sluice.landing import raw_tables; from tests.landing.toy import toy\n"
        "with warehouse.connect(sys.argv[1]) as db: raw_tables.ensure(db, [toy()])"
    )
    folder = Path(__file__).parents[2]
    both = [subprocess.Popen([sys.executable, "-c", code, database_url], cwd=folder) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    with psycopg.connect(database_url) as db:
        raw_tables.ensure(db, [toy()])
