"""A warehouse with a handful of orders in its marts, small enough to add up by hand."""

from collections.abc import Iterator

import psycopg
import pytest

from sluice import warehouse
from tests.conftest import copy_of

SHOPS = [("shopify", "main", "Own shop"), ("taobao", "flagship", "<Flagship> & more")]
# channel, shop, order, day, items, discount, refunded, cancelled
ORDERS = [
    ("shopify", "main", "1", "2026-03-01", "100.10", "10.00", "0", False),
    ("shopify", "main", "2", "2026-03-02", "50.00", "0", "25.25", False),
    ("shopify", "main", "3", "2026-03-02", "999.00", "0", "0", True),
    ("taobao", "flagship", "1", "2026-03-09", "1200.00", "200.00", "0", False),
]
CHECKS = [("r1", True), ("r2", False)]


@pytest.fixture(scope="module")
def house(postgres: warehouse.Embedded, built_template: str) -> Iterator[psycopg.Connection]:
    with copy_of(postgres, built_template) as url, warehouse.connect(url, autocommit=True) as db:
        db.execute("delete from marts.dim_channels")  # the demo's
        with db.cursor() as cursor:
            cursor.executemany(
                "insert into marts.dim_channels (channel, shop, name, kind, currency, timezone, base_currency, is_erp)"
                " values (%s, %s, %s, 'own_shop', 'CNY', 'Asia/Shanghai', 'CNY', false)",
                SHOPS,
            )
            cursor.executemany(
                "insert into marts.fct_orders (channel, shop, order_id, order_kind, ordered_date, items_amount_base,"
                " discount_amount_base, refunded_amount_base, is_cancelled, base_currency, unit_count, loaded_at)"
                " values (%s, %s, %s, 'sale', %s, %s, %s, %s, %s, 'CNY', 1, '2026-03-10 08:00:00+00')",
                ORDERS,
            )
            cursor.executemany(
                "insert into ops.check_results (run_id, checked_at, table_name, check_name, severity, passed, seconds)"
                " values (%s, now(), 'marts.fct_orders', 'holds', 'critical', %s, 0.1)",
                CHECKS,
            )
        yield db
