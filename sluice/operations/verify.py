"""The ledger derived again: positions from movements, and what order lines hold from the unified orders."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

AT_ONCE = 20_000
"""Orders read in one query."""
SHOPS = "select channel, shop from ops.commitments union select channel, shop from raw.shops order by 1, 2"
ORDERS = """
select order_id from unified.orders where channel = %(channel)s and shop = %(shop)s
union
select order_id from ops.commitments where channel = %(channel)s and shop = %(shop)s and quantity > 0
order by 1
"""
LINES = """
select
    format('%%s/%%s %%s line %%s, by the unified order', %(channel)s::text, %(shop)s::text, order_id, line_id) as what,
    c.facility_id, sku, coalesce(c.quantity, 0)::bigint as kept, coalesce(h.quantity, 0)::bigint as recomputed
from ops.held_pieces(%(channel)s, %(shop)s, %(orders)s) as h
full join (
    select * from ops.commitments where channel = %(channel)s and shop = %(shop)s and order_id = any(%(orders)s)
) as c using (order_id, line_id, sku)
where
    coalesce(c.quantity, 0) <> coalesce(h.quantity, 0)
    or (c.quantity > 0 and c.is_presale is distinct from h.is_presale)
order by order_id, line_id, sku
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """`differences` are rows of what, facility_id, sku, kept, recomputed; none where the ledger is sound."""

    items: int
    movements: int
    orders: int
    differences: list[dict[str, Any]]


def verify(db: Connection) -> Verified:
    """Derive everything again, on one snapshot. Begins with no transaction open; orders that wait to be absorbed differ."""
    with db.transaction(), db.cursor(row_factory=dict_row) as cursor:
        db.execute("set transaction isolation level repeatable read, read only")
        differences = cursor.execute("select what, facility_id, sku, kept, recomputed from ops.verify_stock()").fetchall()
        orders = 0
        for values in _orders(db):
            orders += len(values["orders"])
            differences += cursor.execute(LINES, values).fetchall()
        counts = db.execute("select (select count(*) from ops.stock_positions), (select count(*) from ops.stock_movements)")
        items, movements = counts.fetchone() or (0, 0)
    return Verified(items, movements, orders, differences)


def _orders(db: Connection) -> Iterator[dict[str, Any]]:
    if db.execute("select to_regclass('unified.orders')").fetchone() == (None,):
        return
    for channel, shop in db.execute(SHOPS).fetchall():
        key = {"channel": channel, "shop": shop}
        orders = [order for (order,) in db.execute(ORDERS, key).fetchall()]
        for first in range(0, len(orders), AT_ONCE):
            yield key | {"orders": orders[first : first + AT_ONCE]}
