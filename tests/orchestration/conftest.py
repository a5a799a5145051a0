"""The code location, loaded once: parsing the dbt project for it costs seconds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.defs.warehouse.dbt import manifest
from orchestration.resources import configuration
from sluice import dbt, warehouse
from tests.conftest import DEMO, copy_of


@dataclass(frozen=True)
class House:
    """Dagster's definitions of the demo, and the prepared database they were loaded for."""

    defs: dg.Definitions
    url: str
    manifest: dict[str, Any]
    environment: dict[str, str]

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """What `sluice run` puts into the environment, for as long as the block runs."""
        before = dict(os.environ)
        os.environ.update(self.environment)
        configuration.cache_clear()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            configuration.cache_clear()


@pytest.fixture(scope="session")
def house(postgres: warehouse.Embedded, prepared_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    (folder / "sluice.yaml").write_text(DEMO, encoding="utf-8")
    with copy_of(postgres, prepared_template) as address:
        named = {
            "SLUICE_HOME": str(folder / "home"),
            "SLUICE_CONFIG": str(folder / "sluice.yaml"),
            "SLUICE_DATABASE_URL": address,
        }
        empty = House(dg.Definitions(), address, {}, named)
        with empty.in_force():
            environment = named | dbt.environment(address)
            loaded = House(defs(), address, manifest(), environment)
            # this database keeps a name of its own, for it is there as long as the session is
            environment["DBT_PARTIAL_PARSE_FILE_PATH"] = str(dbt.target() / "partial_parse.msgpack")
        yield loaded
