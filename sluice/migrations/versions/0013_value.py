"""See the file of SQL beside this one."""

from sluice.migrations.script import run_sql

revision = "0013_value"
down_revision = "0012_roles"


def upgrade() -> None:
    run_sql(__file__)
