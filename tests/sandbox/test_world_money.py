"""Money adds up to the smallest unit, in every order."""

import polars as pl
import pytest

from sluice.sandbox.seasons import AS_OF, END
from tests.sandbox.worlds import world

KEY = ["channel", "shop", "order_id"]


@pytest.mark.parametrize(("seed", "orders"), [(11, 1_000), (12, 1_000), (11, 20_000)])
def test_orders_are_the_sums_of_their_lines(seed: int, orders: int) -> None:
    made = world(seed, orders)
    value = pl.col("quantity") * pl.col("unit_price_minor")
    assert (made.lines["total_minor"] == made.lines.select(value - pl.col("discount_minor")).to_series()).all()
    summed = made.lines.group_by(KEY).agg(
        value.sum().alias("items"), pl.col("discount_minor").sum().alias("discount"), pl.col("tax_minor").sum().alias("tax")
    )
    both = made.orders.join(summed, on=KEY, how="left", validate="1:1")
    assert (both["items_minor"] == both["items"]).all()
    assert (both["discount_minor"] == both["discount"]).all()
    assert (both["tax_minor"] == both["tax"]).all()
    total = pl.col("items_minor") - pl.col("discount_minor") + pl.col("shipping_minor") + pl.col("tax_minor")
    assert both.filter(pl.col("total_minor") != total).is_empty()
    assert both["items_minor"].null_count() == 0


@pytest.mark.parametrize("column", ["discount_minor", "tax_minor"])
def test_no_line_is_given_more_than_it_costs(column: str) -> None:
    lines = world(orders=20_000).lines
    assert (lines[column] >= 0).all()
    assert (lines[column] < lines["quantity"] * lines["unit_price_minor"]).all()


def test_some_orders_have_discounts_taxes_and_shipping_to_divide() -> None:
    orders = world(orders=20_000).orders
    for column in ("discount_minor", "tax_minor", "shipping_minor"):
        assert 0.05 < (orders[column] > 0).mean() < 0.95


def test_no_refund_gives_back_more_than_was_paid() -> None:
    made = world(orders=20_000)
    back = made.refunds.filter(pl.col("completed_at").is_not_null()).group_by(KEY).agg(pl.col("amount_minor").sum())
    both = back.join(made.orders, on=KEY)
    assert (both["amount_minor"] > 0).all()
    assert (both["amount_minor"] <= both["total_minor"]).all()
    assert both["paid_at"].null_count() == 0


def test_an_order_cancelled_after_payment_is_given_back_whole() -> None:
    made = world(orders=20_000)
    cancelled = made.orders.filter(pl.col("cancelled_at").is_not_null(), pl.col("paid_at").is_not_null())
    back = made.refunds.group_by(KEY).agg(pl.col("amount_minor").sum())
    both = cancelled.join(back, on=KEY, how="left")
    assert len(both) > 100
    assert (both["amount_minor"] == both["total_minor"]).fill_null(False).all()


def test_refunded_quantity_was_bought() -> None:
    made = world(orders=20_000)
    both = made.refunds.join(made.lines, on=[*KEY, "line_no"], suffix="_bought")
    assert len(both) == len(made.refunds)
    assert (both["quantity"] >= 1).all()
    assert (both["quantity"] <= both["quantity_bought"]).all()


@pytest.mark.parametrize("now", [AS_OF, END])
def test_the_truth_is_what_the_orders_say(now: object) -> None:
    made = world()
    for channel, shop in made.shops:
        truth = made.truth(channel, shop, now)
        orders = made.orders_at(channel, shop, now)
        lines = made.lines.join(orders, on=KEY, how="semi")
        assert (truth.orders, truth.total_minor) == (len(orders), orders["total_minor"].sum())
        assert (truth.lines, truth.units) == (len(lines), lines["quantity"].sum())
        assert set(orders["currency"]) == {truth.currency}
