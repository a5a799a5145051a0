"""Take in what landing could not: what the ERP says of stock, orders landed before there were views, orders without a place."""

from psycopg import Connection

WAITING = """
select w.channel, w.shop, array_agg(w.order_id) from (
    select channel, shop, order_id from ops.unabsorbed
    union
    select channel, shop, order_id from ops.commitments where quantity > 0 and facility_id = 'default'
    union
    select channel, shop, order_id from unified.orders where %s
) as w
group by w.channel, w.shop
"""


def absorb(db: Connection, everything: bool = False) -> int:
    """Counts and purchases first, then waiting orders, a shop a transaction; the number of orders read.

    Idempotent. `everything` reads all orders anew: after a mended mapping. One transaction for several shops could wait for a
    landing that waits for it, so each is committed before the next begins, unless the caller has a transaction open.
    """
    with db.transaction():
        if db.execute("select to_regclass('unified.orders')").fetchone() == (None,):
            return 0
        db.execute("select ops.absorb_supply()")
    with db.transaction():
        waiting = db.execute(WAITING, (everything,)).fetchall()
    for channel, shop, orders in waiting:
        with db.transaction():
            db.execute("select ops.absorb_orders(%s, %s, %s)", (channel, shop, orders))
            db.execute(
                "delete from ops.unabsorbed where channel = %s and shop = %s and order_id = any(%s)", (channel, shop, orders)
            )
    return sum(len(orders) for _, _, orders in waiting)
