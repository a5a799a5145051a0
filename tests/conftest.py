"""Real PostgreSQL for every test: one embedded server a session, one migrated database a test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.migrations.migrate import migrate

_numbers = itertools.count()


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


@pytest.fixture
def database_url(postgres: warehouse.Embedded, template: str) -> Iterator[str]:
    """Address of a fresh migrated database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}")
    yield postgres.url(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def db(database_url: str) -> Iterator[psycopg.Connection]:
    with warehouse.connect(database_url) as connection:
        yield connection


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
