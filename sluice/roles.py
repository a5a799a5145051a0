"""The group roles that BI tools read the warehouse with. What they may is in migrations/versions/0012_roles.sql."""

import logging

from psycopg import Connection

log = logging.getLogger(__name__)


def let_read(db: Connection) -> None:
    """Make the roles and grant what is missing; where this role may not, say what an administrator has to run."""
    row = db.execute("select ops.let_readers_read()").fetchone()
    if row and row[0]:
        log.warning("this role may not make the roles that BI tools read with; an administrator can: %s", row[0])
