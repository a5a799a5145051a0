"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0011_readers"
down_revision = "0010_movements"


def upgrade() -> None:
    run_sql(__file__)
