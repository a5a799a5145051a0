"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0003_planning"
down_revision = "0002_operations"


def upgrade() -> None:
    run_sql(__file__)
