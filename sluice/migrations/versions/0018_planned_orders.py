"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0018_planned_orders"
down_revision = "0017_stock_levels"


def upgrade() -> None:
    run_sql(__file__)
