"""A migration is a file of SQL beside its revision, or a folder of such files where it has many."""

from pathlib import Path

from alembic import op


def run_sql(revision_file: str) -> None:
    """Execute the .sql file of the same name, or those in the folder of the same name, in order."""
    named = Path(revision_file).with_suffix("")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    for file in sorted(named.glob("*.sql")) if named.is_dir() else [named.with_suffix(".sql")]:
        driver.execute(file.read_text(encoding="utf-8"))
