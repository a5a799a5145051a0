"""The login that dashboards read the warehouse with: made here, or named by who administers the server."""

import os
import secrets
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sluice import warehouse
from sluice.config import ConfigError

NAME = "sluice_bi"
READER = "sluice_reader"
"""Group role that may read the marts and nothing else."""
NAMED = "SLUICE_BI_DATABASE_URL"
LONGEST = "60s"
"""A dashboard's question that takes longer is ended by the server."""


def kept(file: Path) -> str:
    """A secret of our own making, in a file that only its owner reads; made at the first call."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()


def reader(address: str, state: Path) -> str:
    """Address of the warehouse at `address` for a read-only login. Made anew at each start, so that a lost one is mended.

    Raises ConfigError where this role may make no logins and SLUICE_BI_DATABASE_URL names none.
    """
    if named := os.environ.get(NAMED):
        return named
    password = kept(state / "warehouse_password")
    with warehouse.connect(address, autocommit=True) as db:
        try:
            _make(db, password)
        except psycopg.errors.InsufficientPrivilege as fault:
            raise ConfigError(
                f"this role may not make a login for dashboards: let an administrator `create role {NAME} login password '...' "
                f"in role {READER}` and set {NAMED} to its address"
            ) from fault
        except psycopg.errors.UndefinedObject as fault:
            raise ConfigError(f"the role {READER} is not there yet: `sluice run` makes it, or says who can") from fault
    parts = conninfo_to_dict(address)
    return f"postgresql://{NAME}:{password}@{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts['dbname']}"


def _make(db: psycopg.Connection, password: str) -> None:
    # only the hash travels: the password itself is in no log of the server
    hashed = db.pgconn.encrypt_password(password.encode(), NAME.encode(), b"scram-sha-256").decode()
    known = db.execute("select from pg_roles where rolname = %s", (NAME,)).fetchone() is not None
    verb = sql.SQL("alter" if known else "create")
    role = sql.Identifier(NAME)
    with db.transaction():
        db.execute(sql.SQL("{} role {} login password {}").format(verb, role, sql.Literal(hashed)))
        db.execute(sql.SQL("grant {} to {}").format(sql.Identifier(READER), role))
        db.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(role))
        db.execute(sql.SQL("alter role {} set statement_timeout = {}").format(role, sql.Literal(LONGEST)))
