"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0022_item_policies"
down_revision = "0021_stock_history"


def upgrade() -> None:
    run_sql(__file__)
