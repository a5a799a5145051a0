"""A warehouse to break: a durable PostgreSQL of its own in a temporary folder, gone when the block ends."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluice import warehouse
from sluice.migrations.migrate import migrate
from sluice.proofs import UNIFIED


@contextmanager
def throwaway() -> Iterator[str]:
    """Address of a migrated database whose unified model is plain tables."""
    with tempfile.TemporaryDirectory(prefix="sluice-proof-", ignore_cleanup_errors=True) as folder:
        server = warehouse.Embedded(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url())
            with warehouse.connect(server.url()) as db:
                db.execute(UNIFIED.read_text(encoding="utf-8"))
            yield server.url()
        finally:
            server.stop()
