"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0009_customers"
down_revision = "0008_tokens"


def upgrade() -> None:
    run_sql(__file__)
