"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0014_forecast"
down_revision = "0013_replenishment"


def upgrade() -> None:
    run_sql(__file__)
