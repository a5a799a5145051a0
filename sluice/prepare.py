"""Make a database ready for landing: migrated, with the raw tables of the connected channels and the views over them."""

import hashlib
from collections.abc import Iterable

from psycopg import Connection, sql

from sluice import dbt, roles, warehouse
from sluice.channels.registry import connectors
from sluice.config import Config
from sluice.landing import raw_tables, shops
from sluice.migrations.migrate import migrate
from sluice.operations import stock_policy
from sluice.operations.absorb import absorb
from sluice.project import DBT_PROJECT

WITHOUT_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


def prepare(config: Config, address: str) -> bool:
    """Idempotent, and cheap when nothing changed. True when the views had to be built.

    Landing reads changed orders through the unified views in its own transaction, so they must be there before the first page.
    """
    migrate(address)
    with warehouse.connect(address) as db:
        shops.write(db, config)
        channels = _channels(db)
        raw_tables.ensure(db, [connectors()[name] for name in channels])
        stock_policy.write(db, config.stock)
        roles.let_read(db)
    wanted = _fingerprint(channels)
    with warehouse.connect(address, autocommit=True) as db:
        if _built(db) == wanted:
            return False
        db.execute("select pg_advisory_lock(%s)", (dbt.LOCK,))
        # another start may have built them while this one waited
        if _built(db) == wanted:
            return False
        dbt.run(address, _views(channels) + WITHOUT_TESTS)
        # what an order's statuses mean may have changed with the views
        absorb(db, everything=True)
        db.execute(sql.SQL("comment on schema unified is {}").format(sql.Literal(wanted)))
    return True


def views_stand(db: Connection) -> bool:
    """Whether the views and seeds are what the project and the connected channels make of them now."""
    return _built(db) == _fingerprint(_channels(db))


def _channels(db: Connection) -> list[str]:
    """All that a shop is or was connected on."""
    return sorted(shops.channels(db) & connectors().keys())


def _views(channels: Iterable[str]) -> list[str]:
    """The arguments that build what landing reads through."""
    return ["build", "--select", *dbt.staging(channels), "path:models/unified", "path:seeds"]


def _fingerprint(channels: Iterable[str]) -> str:
    """Of everything that the views are made from."""
    digest = hashlib.sha256(" ".join(channels).encode())
    for folder in ("models/staging", "models/unified", "macros", "seeds"):
        for file in sorted((DBT_PROJECT / folder).rglob("*")):
            if file.is_file():
                digest.update(file.relative_to(DBT_PROJECT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _built(db: Connection) -> str | None:
    row = db.execute("select obj_description(to_regnamespace('unified'), 'pg_namespace')").fetchone()
    return row[0] if row else None
