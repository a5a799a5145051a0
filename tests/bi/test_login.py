"""The dashboards' login on a real server: it reads the marts and nothing else, writes nothing, and its secrets are its own."""

import stat
from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.bi.login import NAME, reader
from sluice.config import ConfigError


@pytest.fixture
def house(database_url: str) -> str:
    with warehouse.connect(database_url, autocommit=True) as db:
        if db.execute("select from pg_roles where rolname = 'sluice_reader'").fetchone() is None:
            db.execute("create role sluice_reader nologin")
        db.execute("create schema if not exists marts")
        db.execute("grant usage on schema marts to sluice_reader")
        db.execute("create table marts.sold as select 7 as pieces")
        db.execute("grant select on marts.sold to sluice_reader")
    return database_url


def test_it_reads_the_marts(house: str, tmp_path: Path) -> None:
    with psycopg.connect(reader(house, tmp_path)) as db:
        assert db.execute("select pieces from marts.sold").fetchone() == (7,)
        assert db.execute("show statement_timeout").fetchone() == ("1min",)


@pytest.mark.parametrize("table", ["raw.quarantine", "ops.api_keys", "ops.check_results", "planning.runs"])
def test_it_reads_nothing_else(house: str, tmp_path: Path, table: str) -> None:
    with psycopg.connect(reader(house, tmp_path)) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(f"select * from {table}")


@pytest.mark.parametrize("statement", ["delete from marts.sold", "create table marts.mine (a int)", "create role other"])
def test_it_writes_nothing(house: str, tmp_path: Path, statement: str) -> None:
    refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
    with psycopg.connect(reader(house, tmp_path)) as db, pytest.raises(refused):
        db.execute(statement)
    # it may switch its session to writing, and still has no right to
    with psycopg.connect(reader(house, tmp_path), autocommit=True) as db:
        db.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement)


def test_its_password_is_kept_for_its_owner_alone_and_stays(house: str, tmp_path: Path) -> None:
    first = reader(house, tmp_path / "bi")
    file = tmp_path / "bi" / "warehouse_password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert reader(house, tmp_path / "bi") == first


def test_a_login_that_somebody_changed_is_mended(house: str, tmp_path: Path) -> None:
    address = reader(house, tmp_path)
    with warehouse.connect(house, autocommit=True) as db:
        db.execute(f"alter role {NAME} password 'other'")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
    with psycopg.connect(reader(house, tmp_path)) as db:
        assert db.execute("select pieces from marts.sold").fetchone() == (7,)


def test_without_the_right_to_make_one_it_says_what_to_do(house: str, tmp_path: Path) -> None:
    with warehouse.connect(house, autocommit=True) as db:
        db.execute("drop role if exists plain")
        db.execute("create role plain login password 'plain'")
    plain = psycopg.conninfo.conninfo_to_dict(house)
    address = f"postgresql://plain:plain@{plain['host']}:{plain['port']}/{plain['dbname']}"
    with pytest.raises(ConfigError, match="SLUICE_BI_DATABASE_URL"):
        reader(address, tmp_path)


def test_a_named_login_is_taken(house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_BI_DATABASE_URL", "postgresql://bi@elsewhere/sluice")
    assert reader(house, tmp_path) == "postgresql://bi@elsewhere/sluice"
    assert list(tmp_path.iterdir()) == []
