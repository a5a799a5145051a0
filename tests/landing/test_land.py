"""What landing promises of one stream: typed rows, newest wins, honest counts."""

from decimal import Decimal

import psycopg
import pytest

from sluice.landing import raw_tables
from sluice.landing.land import land
from tests.landing.toy import CONNECTION, ORDERS, START, order, page, toy

pytestmark = pytest.mark.usefixtures("home")


def test_a_record_becomes_typed_rows(db: psycopg.Connection) -> None:
    connector = toy({"orders": [page([order(2**60, paid=True, tags=["a", "b"])], cursor=1)]})
    raw_tables.ensure(db, [connector])
    landed = land(db, connector, CONNECTION, ORDERS)
    assert (landed.delivered, landed.new, landed.pages) == (1, 1, 1)
    row = db.execute(
        "select shop, id, total_price_set_shop_money_amount, updated_at, paid, tags, _received_at from raw.toy_orders"
    ).fetchone()
    assert row == ("main", str(2**60), Decimal(f"{2**60}.10"), START, True, ["a", "b"], START)
    lines = db.execute("select _parent_id, _position, id, quantity from raw.toy_orders__line_items").fetchall()
    assert lines == [(str(2**60), 0, str(2**60 * 10), 1), (str(2**60), 1, str(2**60 * 10 + 1), 2)]
