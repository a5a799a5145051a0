"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0021_stock_history"
down_revision = "0020_planned_promotions"


def upgrade() -> None:
    run_sql(__file__)
