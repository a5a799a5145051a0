"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0001_landing"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
