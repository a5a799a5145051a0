"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0010_movements"
down_revision = "0009_customers"


def upgrade() -> None:
    run_sql(__file__)
