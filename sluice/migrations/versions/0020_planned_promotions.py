"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0020_planned_promotions"
down_revision = "0019_sealed_tokens"


def upgrade() -> None:
    run_sql(__file__)
