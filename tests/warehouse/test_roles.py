"""What a BI tool's login may see, over a real connection as that login, and that a rebuild takes nothing from it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sluice import dbt, warehouse
from sluice.migrations.migrate import migrate
from sluice.roles import let_read
from tests.conftest import DBT, copy_of

KEPT_FROM_READERS = ["raw.shops", "unified.customers", "secrets.pseudonym_key", "ops.api_keys", "ops.tokens", "planning.runs"]
FORBIDDEN = (psycopg.errors.InsufficientPrivilege,)


@contextmanager
def login(admin: psycopg.Connection, url: str, *attributes: str) -> Iterator[str]:
    """Address of the warehouse for a login of its own, as an administrator makes one."""
    name, password = f"test_{secrets.token_hex(4)}", secrets.token_hex(8)
    admin.execute(f"create role {name} login password '{password}' {' '.join(attributes)}".encode())
    try:
        yield make_conninfo(url, user=name, password=password)
    finally:
        admin.execute(f"drop owned by {name}".encode())
        admin.execute(f"drop role {name}".encode())


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, built_template: str) -> Iterator[str]:
    with copy_of(postgres, built_template, DBT) as url:
        yield url


@pytest.fixture(scope="module")
def owner(house: str) -> Iterator[psycopg.Connection]:
    with warehouse.connect(house, autocommit=True) as db:
        # as c360 makes it: a view of the unified customers, in a schema of its own
        db.execute("create or replace view personal.test_contacts as select name, email, phone from unified.customers")
        yield db


@pytest.fixture(scope="module")
def reader(owner: psycopg.Connection, house: str) -> Iterator[psycopg.Connection]:
    with login(owner, house, "in role sluice_reader") as address, psycopg.connect(address, autocommit=True) as db:
        yield db


def marts(owner: psycopg.Connection) -> list[str]:
    query = (
        "select 'marts.' || relname from pg_class where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v') order by 1"
    )
    return [name for (name,) in owner.execute(query).fetchall()]


def test_a_reader_reads_every_mart(owner: psycopg.Connection, reader: psycopg.Connection) -> None:
    names = marts(owner)
    assert {"marts.fct_orders", "marts.sales", "marts.dim_dates", "marts.quota_use"} <= set(names)
    for name in names:
        reader.execute(f"select * from {name} limit 1".encode())


@pytest.mark.parametrize("table", [*KEPT_FROM_READERS, "personal.test_contacts"])
def test_a_reader_reads_nothing_else(reader: psycopg.Connection, table: str) -> None:
    with pytest.raises(FORBIDDEN):
        reader.execute(f"select * from {table}".encode())


@pytest.mark.parametrize(
    "statement", ["delete from marts.fct_orders", "create table marts.mine ()", "create schema mine", "truncate marts.dim_dates"]
)
def test_a_reader_writes_nothing(reader: psycopg.Connection, statement: str) -> None:
    with pytest.raises(FORBIDDEN):
        reader.execute(statement.encode())


def test_who_may_see_contacts_sees_them_beside_the_marts(owner: psycopg.Connection, house: str) -> None:
    with login(owner, house, "in role sluice_personal") as address, psycopg.connect(address, autocommit=True) as db:
        db.execute("select * from personal.test_contacts")
        for name in marts(owner):
            db.execute(f"select * from {name} limit 1".encode())
        for table in KEPT_FROM_READERS:
            with pytest.raises(FORBIDDEN):
                db.execute(f"select * from {table}".encode())


def test_without_the_grant_nothing_is_readable(owner: psycopg.Connection, house: str) -> None:
    with login(owner, house) as address, psycopg.connect(address, autocommit=True) as db, pytest.raises(FORBIDDEN):
        db.execute("select * from marts.sales")


def test_grants_outlive_a_build_and_a_full_refresh(
    owner: psycopg.Connection, reader: psycopg.Connection, house: str, home_of_dbt: Path
) -> None:
    """The small tables are dropped and made again, with the views over them."""
    query = "select oid from pg_class where oid = 'marts.dim_channels'::regclass"
    before = owner.execute(query).fetchone()
    dbt.run(house, ["run", "--select", "dim_channels", "sales", "--full-refresh"])
    assert owner.execute(query).fetchone() != before, "nothing was made again: this proves nothing"
    for name in ("marts.dim_channels", "marts.sales"):
        reader.execute(f"select * from {name}".encode())


def test_again_changes_nothing(owner: psycopg.Connection) -> None:
    written = "select count(*) from pg_default_acl where xmin = pg_current_xact_id()::xid"
    with owner.transaction():
        assert owner.execute("select ops.let_readers_read()").fetchone() == (None,)
        assert owner.execute(written).fetchone() == (0,)


def test_a_role_that_may_not_make_roles_is_told_what_to_do(
    postgres: warehouse.Embedded, owner: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """On a server where nobody made them yet. The administrator does; from the next start on, readers read."""
    admin = owner
    renamed = {"sluice_reader": "elsewhere_reader", "sluice_personal": "elsewhere_personal"}
    for role, other in renamed.items():
        admin.execute(f"alter role {role} rename to {other}".encode())
    try:
        with login(admin, postgres.url()) as plain:
            name = psycopg.conninfo.conninfo_to_dict(plain)["user"]
            admin.execute(f"create database of_a_company owner {name}".encode())
            try:
                address = make_conninfo(plain, dbname="of_a_company")
                migrate(address)
                with warehouse.connect(address) as db:
                    let_read(db)
                    assert "create role sluice_reader nologin; create role sluice_personal nologin;" in caplog.text
                    db.commit()
                    for role in renamed:
                        admin.execute(f"create role {role} nologin".encode())
                    caplog.clear()
                    let_read(db)
                    assert caplog.text == ""
                    db.execute("create table marts.later as select 1 as one")
                    db.commit()
                    readable = "select has_table_privilege('sluice_reader', 'marts.later', 'select')"
                    assert db.execute(readable).fetchone() == (True,)
            finally:
                admin.execute("drop database of_a_company with (force)")
                for role in renamed:
                    admin.execute(f"drop role if exists {role}".encode())
    finally:
        for role, other in renamed.items():
            admin.execute(f"alter role {other} rename to {role}".encode())
