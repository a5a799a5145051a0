"""What differs from the channel's own count is read again, once for each difference, and all comparisons are kept."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sluice import warehouse
from sluice.config import Shop
from sluice.landing import cursors
from sluice.operations.reconciliation import reconcile_shop
from sluice.sandbox.seasons import END, START
from tests.conftest import copy_of
from tests.operations.shop import Company, company

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def landed(
    postgres: warehouse.Embedded, prepared_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.setenv("A_TOKEN", "shpat_sandbox_0123456789abcdef")
    with copy_of(postgres, prepared_template) as url, company(url, orders=300) as found:
        found.land()
        yield found


def shop(landed: Company) -> Shop:
    return Shop(
        connector="shopify",
        shop="main",
        url=f"{landed.url}/shopify",
        secrets={"token": "A_TOKEN"},
        currency="USD",
        timezone="America/Los_Angeles",
        since=date(2025, 1, 1),
    )


def lose(landed: Company, orders: int = 3) -> None:
    """Take orders out of the warehouse, as if the page that they came on had never been."""
    query = "select array_agg(id) from (select legacy_resource_id as id from raw.shopify_orders order by 1 limit %s) as o"
    (ids,) = landed.db.execute(query, (orders,)).fetchone() or ([],)
    assert len(ids) == orders
    tables = (
        "select relname from pg_class where relnamespace = 'raw'::regnamespace and relkind = 'r' and relname ~ '^shopify_orders'"
    )
    for (table,) in landed.db.execute(tables).fetchall():
        key = "legacy_resource_id" if table == "shopify_orders" else "_parent_legacy_resource_id"
        landed.db.execute(f"delete from raw.{table} where {key} = any(%s)", (ids,))


def kept(landed: Company) -> list[bool]:
    rows = landed.db.execute("select agrees from ops.reconciliations where channel = 'shopify' order by reconciliation_id")
    return [agrees for (agrees,) in rows]


def test_orders_that_were_lost_are_read_again_and_the_cursor_stays(landed: Company) -> None:
    assert reconcile_shop(landed.db, shop(landed), START, END).agrees
    before = cursors.read(landed.db, "shopify", "main", "orders")
    lose(landed)
    found = reconcile_shop(landed.db, shop(landed), START, END)
    assert found.agrees, found.sentence()
    assert cursors.read(landed.db, "shopify", "main", "orders") == before
    assert kept(landed) == [True, False, True]


def test_a_difference_that_stays_is_read_again_once(landed: Company) -> None:
    landed.db.execute(
        "update raw.shopify_orders set total_price_set_shop_money_amount = 1"
        " where legacy_resource_id = (select min(legacy_resource_id) from raw.shopify_orders)"
    )
    for _ in range(3):
        assert reconcile_shop(landed.db, shop(landed), START, END).differing_orders == 1
    assert kept(landed) == [False, False, False, False]
    lose(landed)
    assert reconcile_shop(landed.db, shop(landed), START, END).missing_orders == 0
    assert kept(landed)[4:] == [False, True]
