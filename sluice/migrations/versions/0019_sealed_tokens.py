"""Tokens that were kept in clear are sealed, by the key that Sluice would use now; ConfigError where there is none."""

import json

from alembic import op

from sluice.migrations.script import run_sql
from sluice.sealing import keys, seal

revision = "0019_sealed_tokens"
down_revision = "0018_planned_orders"

IN_CLEAR = "select channel, shop, token, renewed_at from secrets.channel_tokens where token is not null"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    # a company whose channels rotate no tokens needs no key
    clear = driver.execute(IN_CLEAR).fetchall()
    with_keys = keys() if clear else []
    run_sql(__file__)
    with driver.cursor() as cursor:
        cursor.executemany(
            "insert into secrets.channel_tokens (channel, shop, sealed, renewed_at) values (%s, %s, %s, %s)",
            [(channel, shop, seal(json.dumps(token), with_keys), at) for channel, shop, token, at in clear],
        )
