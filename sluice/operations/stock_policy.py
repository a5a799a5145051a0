"""The configuration's terms of stock, where the ledger reads them."""

from psycopg import Connection

from sluice.config import Stock


def write(db: Connection, stock: Stock) -> None:
    """Bring ops.stock_policy up to date with the configuration."""
    db.execute(
        """
        update ops.stock_policy set stale_after = make_interval(secs => %(stale)s), hold_for = make_interval(secs => %(hold)s)
        where (stale_after, hold_for) is distinct from (make_interval(secs => %(stale)s), make_interval(secs => %(hold)s))
        """,
        {"stale": stock.stale_after_hours * 3600, "hold": stock.hold_minutes * 60},
    )
