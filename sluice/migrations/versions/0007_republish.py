"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0007_republish"
down_revision = "0006_events"


def upgrade() -> None:
    run_sql(__file__)
