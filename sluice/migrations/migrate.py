"""Bring a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from sluice import warehouse

LOCK = 7_291_001
"""Advisory lock: two starts at once migrate one after the other."""


def migrate(address: str | None = None, to: str = "head") -> None:
    """Run what is missing up to that revision, in one transaction; does nothing on a database that is up to date."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: warehouse.connect(address), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
        connection.exec_driver_sql("create schema if not exists ops")
        config.attributes["connection"] = connection
        command.upgrade(config, to)
