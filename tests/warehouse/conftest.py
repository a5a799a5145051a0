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
from tests.conftest import DBT, copy_of


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


@pytest.fixture(scope="module")
def home_of_dbt(dbt_home: Path) -> Iterator[Path]:
    """The state folder in force."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(dbt_home))
        yield dbt_home


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, template: str, home_of_dbt: Path) -> Iterator[Warehouse]:
    """A migrated database with every raw table, empty."""
    with copy_of(postgres, template, DBT) as url, warehouse.connect(url, autocommit=True) as db:
        with db.transaction():
            raw_tables.ensure(db, connectors().values())
        yield Warehouse(url, db)
