"""Connections that assets are handed."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import dagster as dg
import psycopg

from sluice import config, warehouse


class Warehouse(dg.ConfigurableResource):
    """The PostgreSQL in force (SLUICE_DATABASE_URL, or the embedded one that `sluice up` keeps running)."""

    @contextmanager
    def connect(self, autocommit: bool = False) -> Iterator[psycopg.Connection]:
        with warehouse.connect(autocommit=autocommit) as connection:
            yield connection


@cache
def configuration() -> config.Config:
    """sluice.yaml, read once a process."""
    return config.load()
