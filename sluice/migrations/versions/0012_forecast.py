"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0012_forecast"
down_revision = "0011_readers"


def upgrade() -> None:
    run_sql(__file__)
