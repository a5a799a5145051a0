"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0016_value"
down_revision = "0015_forecast"


def upgrade() -> None:
    run_sql(__file__)
