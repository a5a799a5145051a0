"""What a user relies on of the embedded server: it starts, keeps its data over a restart, and answers only with the password."""

from pathlib import Path

import psycopg
import pytest

from sluice import warehouse
from sluice.migrations.migrate import migrate


def test_data_survives_a_restart(tmp_path: Path) -> None:
    server = warehouse.Embedded(tmp_path / "postgres", durable=False)
    server.start()
    with warehouse.connect(server.url()) as connection:
        connection.execute("create table kept (n int)")
    server.stop()
    assert not server.is_running()
    server.start()
    with warehouse.connect(server.url()) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)
    server.stop()


def test_wrong_password_is_refused(postgres: warehouse.Embedded) -> None:
    good = postgres.url()
    bad = good.replace(good.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(bad)


def test_migrating_twice_changes_nothing(db: psycopg.Connection, database_url: str) -> None:
    before = db.execute("select * from ops.migrations").fetchall()
    migrate(database_url)
    assert db.execute("select * from ops.migrations").fetchall() == before
    assert len(before) == 1
