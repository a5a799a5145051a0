"""Real PostgreSQL for every test: one embedded server a session, one migrated database a test."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.config import load
from sluice.migrations.migrate import migrate
from sluice.prepare import prepare

_numbers = itertools.count()
MEMORY = Path("/dev/shm")
ROOM = 8 << 30
"""Bytes free that the files of all tests fit in with ease."""
DEMO = (Path(__file__).parents[1] / "sluice.yaml").read_text(encoding="utf-8")


def pytest_configure() -> None:
    """Tests' files are kept in memory where there is room.

    A database is 600 to 1,400 files, and a copy of one is made and dropped for most tests. ext4 looks through what was deleted
    in the last minute for each file that it makes: 1.3 s of CPU a copy, against 0.05 in memory. `--basetemp` has its way.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a timeout of their own take long, and go first: one that is begun last keeps the other workers waiting."""
    long = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[warehouse.Embedded]:
    server = warehouse.Embedded(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: warehouse.Embedded) -> str:
    migrate(postgres.url())
    return "sluice"


@contextmanager
def copy_of(postgres: warehouse.Embedded, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template} strategy file_copy")
    yield postgres.url(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def database_url(postgres: warehouse.Embedded, template: str) -> Iterator[str]:
    """Address of a fresh migrated database."""
    with copy_of(postgres, template) as address:
        yield address


@pytest.fixture(scope="session")
def prepared_template(postgres: warehouse.Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the raw tables of the demo's connectors and the views over them: dbt starts once a session."""
    config = tmp_path_factory.mktemp("prepared") / "sluice.yaml"
    config.write_text(DEMO, encoding="utf-8")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database prepared template {template}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(config.parent))
        prepare(load(config), postgres.url("prepared"))
    return "prepared"


@pytest.fixture(scope="session")
def every_template(postgres: warehouse.Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same for all connectors that there are. raw.shops holds the demo's shops."""
    config = tmp_path_factory.mktemp("every") / "sluice.yaml"
    config.write_text(DEMO, encoding="utf-8")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database every template {template}")
    with pytest.MonkeyPatch.context() as patch, psycopg.connect(postgres.url("every"), autocommit=True) as db:
        patch.setenv("SLUICE_HOME", str(config.parent))
        once = "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
        with db.cursor() as cursor:
            cursor.executemany(f"{once} values (%s, '', '', 'store', 'CNY', 'UTC', 'CNY')", [(name,) for name in connectors()])
        prepare(load(config), postgres.url("every"))
        db.execute("delete from raw.shops where shop = ''")
    return "every"


@pytest.fixture
def every_url(postgres: warehouse.Embedded, every_template: str) -> Iterator[str]:
    """Address of a fresh database that is ready for landing from any channel."""
    with copy_of(postgres, every_template) as address:
        yield address


@pytest.fixture(scope="session")
def built_template(postgres: warehouse.Embedded, prepared_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same with the marts beside, all tables empty but those that need no order."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database built template {prepared_template}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("built")))
        dbt.run(postgres.url("built"), ["run", "--select", "path:models/marts"])
    return "built"


@pytest.fixture
def prepared_url(postgres: warehouse.Embedded, prepared_template: str) -> Iterator[str]:
    """Address of a fresh database that is ready for landing."""
    with copy_of(postgres, prepared_template) as address:
        yield address


@pytest.fixture
def db(database_url: str) -> Iterator[psycopg.Connection]:
    with warehouse.connect(database_url) as connection:
        yield connection


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
