"""See the files of SQL in the folder beside this one."""

from sluice.migrations.script import run_sql

revision = "0005_ledger"
down_revision = "0004_quality"


def upgrade() -> None:
    run_sql(__file__)
