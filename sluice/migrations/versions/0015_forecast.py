"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0015_forecast"
down_revision = "0014_erasure"


def upgrade() -> None:
    run_sql(__file__)
