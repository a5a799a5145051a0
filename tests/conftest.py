"""Real PostgreSQL for every test: one embedded server a session, one migrated database a test."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.config import load
from sluice.migrations.migrate import migrate
from sluice.prepare import prepare

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""A busy machine is no fault of what is tested."""
_numbers = itertools.count()
MEMORY = Path("/dev/shm")
ROOM = 8 << 30
"""Bytes free that the files of all tests fit in with ease."""
DBT = "for_dbt"
"""The database that dbt runs on. It keeps what it parsed for databases of one name only, and parsing takes it 8 s of CPU."""
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
def copy_of(postgres: warehouse.Embedded, template: str, name: str | None = None) -> Iterator[str]:
    """Address of a copy, under a name of its own where another copy bears the wanted one."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        if name is None or admin.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            name = f"test_{next(_numbers)}"
        admin.execute(f"create database {name} template {template} strategy file_copy")
    try:
        yield postgres.url(name)
    finally:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")


def keep(postgres: warehouse.Embedded, address: str, name: str) -> str:
    """Rename a copy, so that it stays."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {address.rpartition('/')[2]} rename to {name}")
    return name


@pytest.fixture
def database_url(postgres: warehouse.Embedded, template: str) -> Iterator[str]:
    """Address of a fresh migrated database."""
    with copy_of(postgres, template) as address:
        yield address


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder for fixtures that only want dbt's work. What dbt parses there, every dbt of the session starts from."""
    home = tmp_path_factory.mktemp("dbt_home")
    parsed = home / "dbt" / "target" / "partial_parse.msgpack"
    parsed.parent.mkdir(parents=True)
    parsed.touch()  # dbt refuses a name that no file bears, and takes an empty one for nothing
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PARTIAL_PARSE_FILE_PATH", str(parsed))
        yield home


@pytest.fixture(scope="session")
def prepared_template(postgres: warehouse.Embedded, template: str, dbt_home: Path) -> str:
    """A database with the raw tables of the demo's connectors and the views over them: dbt starts once a session."""
    config = dbt_home / "sluice.yaml"
    config.write_text(DEMO, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as address:
        patch.setenv("SLUICE_HOME", str(dbt_home))
        prepare(load(config), address)
        return keep(postgres, address, "prepared")


@pytest.fixture(scope="session")
def every_template(postgres: warehouse.Embedded, template: str, dbt_home: Path) -> str:
    """The same for all connectors that there are. raw.shops holds the demo's shops."""
    config = dbt_home / "sluice.yaml"
    config.write_text(DEMO, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as address:
        patch.setenv("SLUICE_HOME", str(dbt_home))
        once = "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
        with psycopg.connect(address, autocommit=True) as db:
            with db.cursor() as cursor:
                cursor.executemany(
                    f"{once} values (%s, '', '', 'store', 'CNY', 'UTC', 'CNY')", [(name,) for name in connectors()]
                )
            prepare(load(config), address)
            db.execute("delete from raw.shops where shop = ''")
        return keep(postgres, address, "every")


@pytest.fixture
def every_url(postgres: warehouse.Embedded, every_template: str) -> Iterator[str]:
    """Address of a fresh database that is ready for landing from any channel."""
    with copy_of(postgres, every_template) as address:
        yield address


@pytest.fixture(scope="session")
def built_template(postgres: warehouse.Embedded, prepared_template: str, dbt_home: Path) -> str:
    """The same with the marts beside, all tables empty but those that need no order."""
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, prepared_template, DBT) as address:
        patch.setenv("SLUICE_HOME", str(dbt_home))
        dbt.run(address, ["run", "--select", "path:models/marts"])
        return keep(postgres, address, "built")


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
