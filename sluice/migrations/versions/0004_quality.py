"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0004_quality"
down_revision = "0003_planning"


def upgrade() -> None:
    run_sql(__file__)
