"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0008_tokens"
down_revision = "0007_republish"


def upgrade() -> None:
    run_sql(__file__)
