"""Who may know whom: read from the imports, so that the drawing in docs/architecture.md stays true."""

import ast
from pathlib import Path

import pytest

from sluice.channels.registry import connectors

ROOT = Path(__file__).parents[1]
PURE = ("customers", "planning")
DRIVERS = ("psycopg", "sqlalchemy", "requests", "httpx", "dagster")
ROOMS = sorted(folder.name for folder in (ROOT / "sluice").iterdir() if folder.is_dir() and (folder / "__init__.py").exists())


def imports(folder: Path) -> dict[Path, set[str]]:
    found = {}
    for file in folder.rglob("*.py"):
        names: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        found[file] = names
    return found


def knowing(folder: Path, *names: str) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {known}"
        for file, imported in imports(folder).items()
        for known in imported
        if any(known == name or known.startswith(name + ".") for name in names)
    ]


def test_the_library_knows_no_dagster() -> None:
    assert knowing(ROOT / "sluice", "dagster", "orchestration") == []


@pytest.mark.parametrize("room", PURE)
def test_it_knows_frames_and_numbers_only(room: str) -> None:
    assert knowing(ROOT / "sluice" / room, *DRIVERS) == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("cli", "sandbox")])
def test_nobody_knows_the_sandbox(room: str) -> None:
    assert knowing(ROOT / "sluice" / room, "sluice.sandbox", "sluice.cli") == []


def test_orchestration_does_not_know_the_sandbox() -> None:
    assert knowing(ROOT / "orchestration", "sluice.sandbox", "sluice.cli") == []


def test_metrics_know_the_warehouse_only() -> None:
    rooms = [f"sluice.{room}" for room in ROOMS if room != "metrics"]
    assert knowing(ROOT / "sluice" / "metrics", *rooms, "requests", "httpx") == []


def test_landing_knows_no_channel_by_name() -> None:
    by_name = [f"sluice.channels.{name}" for name in connectors()]
    assert by_name
    assert knowing(ROOT / "sluice" / "landing", *by_name, "sluice.channels.registry") == []


def test_channels_know_http_and_their_contract_only() -> None:
    rooms = [f"sluice.{room}" for room in ROOMS if room != "channels"]
    assert knowing(ROOT / "sluice" / "channels", *rooms, "psycopg", "sqlalchemy") == []
