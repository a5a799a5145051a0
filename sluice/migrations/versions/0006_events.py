"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0006_events"
down_revision = "0005_ledger"


def upgrade() -> None:
    run_sql(__file__)
