"""A migration is a file of SQL beside its revision."""

from pathlib import Path

from alembic import op


def run_sql(revision_file: str) -> None:
    """Execute the .sql file of the same name."""
    sql = Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(sql)
