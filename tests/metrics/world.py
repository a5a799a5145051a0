"""A small warehouse whose numbers can be worked out by hand."""

from datetime import UTC, datetime, timedelta

import psycopg

from tests.warehouse import raw

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def sell(db: psycopg.Connection) -> None:
    """Orders of two currencies: cancelled ones, one of three refunded, postage, a line of nothing, a day at the date line."""
    raw.shops(db)
    raw.erp(db, YESTERDAY)
    raw.trade(db, "1", [("A", 3, "10.10"), ("B", 1, "30.00")], YESTERDAY, postage="8.00")
    raw.trade(db, "2", [("B", 2, "29.99")], YESTERDAY, created="2026-03-31 23:59:59")
    raw.trade(db, "3", [("SET", 1, "45.00")], YESTERDAY, created="2026-04-01 00:00:00", status="WAIT_SELLER_SEND_GOODS")
    raw.trade(db, "4", [("A", 7, "10.00")], YESTERDAY, created="2026-04-02 10:00:00", status="TRADE_CLOSED")
    raw.trade(db, "5", [("A", 1, "0.00")], YESTERDAY, created="2026-04-02 10:00:00")
    raw.refund(db, "2", 0, "29.99", YESTERDAY)
    # 31 March in Los Angeles
    raw.shopify_order(db, "1001", YESTERDAY, processed_at="2026-04-01 06:59:59+00")
    raw.shopify_order(db, "1002", YESTERDAY, processed_at="2026-04-01 07:00:00+00")
    cancelled = {"cancelled_at": "2026-04-03 00:00:00+00"}
    raw.shopify_order(db, "1003", YESTERDAY, processed_at="2026-04-02 07:00:00+00", **cancelled)


def stock_up(db: psycopg.Connection) -> None:
    """What the ledger holds of A and B where everything is served from, and two plans with quotas for the shop at Taobao.

    Counted at the beginning of the day before yesterday: 10 A and 3 B. Since then 2 A are promised, and since yesterday noon more
    of B than the one that was left when 2 broke.
    """
    db.execute("insert into ops.stock_feeds values ('WH-1', now())")
    db.execute("select ops.lock_items(array['WH-1', 'WH-1'], array['A', 'B'])")
    counted, noon = TODAY - timedelta(days=2), TODAY - timedelta(hours=12)
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into ops.stock_movements (facility_id, sku, kind, occurred_at, quantity, on_hand, committed, held)"
            " values ('WH-1', %s, %s, %s, %s, %s, %s, %s)",
            [
                ("A", "snapshot", counted, 10, 10, 0, 0),
                ("B", "snapshot", counted, 3, 3, 0, 0),
                ("A", "reserve", counted, 2, 0, 2, 0),
                ("B", "adjustment", noon, -2, -2, 0, 0),
                ("B", "reserve", noon, 1, 0, 1, 0),
                ("B", "hold", noon, 1, 0, 0, 1),
            ],
        )
    for as_of, quotas in (("2026-03-01", {"A": 2, "B": 4}), ("2026-04-01", {"A": 10})):
        run = db.execute("insert into planning.runs (as_of, policy) values (%s, '{}') returning run_id", (as_of,)).fetchall()[0][
            0
        ]
        for sku, quota in quotas.items():
            row = (run, sku, quota, quota + 5)
            db.execute("insert into planning.quotas values (%s, 'WH-1', %s, 'taobao', 'flagship', %s, %s, 'why')", row)
        db.execute("update planning.runs set finished_at = now() where run_id = %s", (run,))


def operate(db: psycopg.Connection) -> None:
    """A file, a record in quarantine, a reconciliation and a published number of the shop at Taobao."""
    shop = {"channel": "taobao", "shop": "flagship"}
    raw.put(db, "manifest", **shop, stream="trades", path="a", pages=1, records=5, bytes=9)
    broken = {"digest": "d", "reason": "r", "payload": "{}", "file_id": 1, "page": 0, "position": 0, "received_at": YESTERDAY}
    raw.put(db, "quarantine", **shop, stream="trades", **broken)
    db.execute(
        "insert into ops.reconciliations (channel, shop, since, until, agrees, result)"
        " values ('taobao', 'flagship', now(), now(), true, '{}')"
    )
    db.execute(
        "insert into ops.outbox"
        " (decision_id, run_id, channel, shop, sku, product_id, listing_id, quantity, state, read_back, sent_at)"
        " values ('d', 1, 'taobao', 'flagship', 'A', 'A', 'A', 7, 'sent', 7, now())"
    )
