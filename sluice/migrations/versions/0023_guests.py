"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0023_guests"
down_revision = "0022_item_policies"


def upgrade() -> None:
    run_sql(__file__)
