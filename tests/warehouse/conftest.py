"""dbt on a real database: one database a module, since a dbt process costs 15 s and its tables are dear to make."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.landing import raw_tables


@dataclass(frozen=True)
class Warehouse:
    url: str
    db: psycopg.Connection

    def dbt(self, *args: str) -> dict[str, str]:
        """Run dbt; the state of each node by name (success, pass, warn, fail, error, skipped)."""
        written = dbt.target() / "run_results.json"
        written.unlink(missing_ok=True)
        # failing checks are a result; a dbt that did not get as far as any result leaves no file to read
        with contextlib.suppress(dbt.DbtError):
            dbt.run(self.url, args)
        results = json.loads(written.read_text())["results"]
        return {_name(result["unique_id"]): result["status"] for result in results}

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def value(self, query: str, *parameters: Any) -> Any:
        return self.rows(query, *parameters)[0][0]


def _name(unique_id: str) -> str:
    kind, _, *rest = unique_id.split(".")
    # a generic test's id ends with a digest of its arguments, a unit test's begins with its model
    return rest[-1] if kind == "unit_test" else rest[0]


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder that the modules share, so that the project is parsed once."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("dbt_home")
        patch.setenv("SLUICE_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, postgres: warehouse.Embedded, template: str, dbt_home: Path) -> Iterator[Warehouse]:
    """A migrated database with every raw table, empty."""
    name = request.module.__name__.rsplit(".", 1)[-1]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template} strategy file_copy")
    with warehouse.connect(postgres.url(name), autocommit=True) as db:
        with db.transaction():
            raw_tables.ensure(db, connectors().values())
        yield Warehouse(postgres.url(name), db)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")
