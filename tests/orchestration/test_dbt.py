"""How a run starts dbt."""

from pathlib import Path

import pytest
from dagster_dbt import DbtCliResource

from orchestration.defs.warehouse.dbt import Dbt
from sluice.project import DBT_PROJECT


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Stands where dbt would, and writes down how it was called."""
    found = tmp_path / "dbt"
    found.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "calls"}\n')
    found.chmod(0o755)
    return found


def called(program: Path) -> list[str]:
    return (program.parent / "calls").read_text().splitlines()


def test_a_build_starts_dbt_once_and_asks_no_adapter(program: Path, tmp_path: Path) -> None:
    started = Dbt(project_dir=str(DBT_PROJECT), dbt_executable=str(program)).cli(["build"], target_path=tmp_path).wait()
    assert called(program) == ["build"]
    assert started.adapter is None
    assert started.cli_version.major == 1


def test_the_librarys_own_starts_another_dbt_for_its_version(program: Path, tmp_path: Path) -> None:
    """Should it stop doing so, Dbt has no reason to be."""
    with pytest.raises(ValueError, match="version"):
        DbtCliResource(project_dir=str(DBT_PROJECT), dbt_executable=str(program)).cli(["build"], target_path=tmp_path)
    assert called(program) == ["--version"]
