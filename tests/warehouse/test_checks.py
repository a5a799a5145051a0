"""Every check of the marts can fail: each row here is wrong in one way, and the check named for it says so."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.warehouse import raw
from tests.warehouse.conftest import Warehouse

pytestmark = pytest.mark.timeout(900)

NOW = datetime.now(UTC)
TIME: dict[str, Any] = {"processed_at": "2026-03-01 10:00:00+00"}
FAULTS: dict[str, dict[str, Any]] = {
    "every_payment_status_is_known": {"display_financial_status": "NEW_WORD"},
    "every_fulfilment_status_is_known": {"display_fulfillment_status": "NEW_WORD"},
    "order_amounts_add_up_to_the_total": {"total_price_set_shop_money_amount": "20.11"},
    "every_order_has_a_rate_to_the_base_currency": {"currency_code": "XTS"},
    # dbt's own, on views that all marts are built from
    "not_null_stg_shopify__orders_ordered_at": {"processed_at": None},
}
WARNINGS: dict[str, dict[str, Any]] = {
    "no_order_is_refunded_above_its_total": {"total_refunded_set_shop_money_amount": "20.11"},
    "line_totals_add_up_to_their_order": {
        "total_discounts_set_shop_money_amount": "5.00",
        "total_price_set_shop_money_amount": "15.10",
    },
}


@pytest.fixture(scope="module")
def states(house: Warehouse) -> dict[str, str]:
    raw.shops(house.db)
    for number, columns in enumerate((FAULTS | WARNINGS).values()):
        raw.shopify_order(house.db, str(2000 + number), NOW, **TIME | columns)
    # the shop of this one is not known
    raw.trade(house.db, "orphan", [("A", 1, "10.00")], NOW)
    house.db.execute("update raw.shops set shop = 'another' where channel = 'taobao'")
    house.db.execute("insert into ops.order_events (channel, shop, order_id, axis, to_status, occurred_at)"
                     " values ('shopify', 'main', 'nobody', 'order', 'open', now())")  # fmt: skip
    return house.dbt("build")


@pytest.mark.parametrize("check", [*FAULTS, "every_unified_order_is_in_the_mart", "every_status_change_is_of_an_order"])
def test_check_fails(states: dict[str, str], check: str) -> None:
    assert states[check] == "fail"


@pytest.mark.parametrize("check", WARNINGS)
def test_check_warns(states: dict[str, str], check: str) -> None:
    assert states[check] == "warn"


def test_a_wrong_order_keeps_no_mart_from_being_built(states: dict[str, str], house: Warehouse) -> None:
    assert {name for name, state in states.items() if state == "skipped"} == set()
    assert house.value("select count(*) from marts.fct_orders") == len(FAULTS | WARNINGS)


def test_unknown_status_stays_beside_the_channels_own_word(house: Warehouse, states: dict[str, str]) -> None:
    query = "select payment_status, native_payment_status from marts.fct_orders where order_id = '2000'"
    assert house.rows(query) == [("unknown", "NEW_WORD")]
