"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0002_operations"
down_revision = "0001_landing"


def upgrade() -> None:
    run_sql(__file__)
