"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0017_stock_levels"
down_revision = "0016_value"


def upgrade() -> None:
    run_sql(__file__)
