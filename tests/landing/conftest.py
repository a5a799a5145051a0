"""A database with the toy channel's raw tables."""

from pathlib import Path

import psycopg
import pytest

from sluice.landing import raw_tables
from tests.landing.toy import toy


@pytest.fixture
def raw(db: psycopg.Connection, home: Path) -> psycopg.Connection:
    raw_tables.ensure(db, [toy()])
    db.commit()
    return db
