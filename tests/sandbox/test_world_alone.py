"""A world of one shop: as many orders as wanted are this shop's, and nobody ordered before it opened."""

import polars as pl
import pytest
import requests

from sluice.sandbox.host import Sandbox
from sluice.sandbox.seasons import AS_OF, START
from sluice.sandbox.sellers import sellers
from sluice.sandbox.world import World
from tests.sandbox.worlds import world

ORDERS = 400


@pytest.mark.parametrize("name", list(sellers()))
def test_all_orders_are_the_shop_s_own(name: str) -> None:
    shop = sellers()[name].shop
    made = World.generate(11, ORDERS, [shop])
    assert list(made.shops) == [(shop.channel, shop.shop)]
    assert made.truth(shop.channel, shop.shop).orders == ORDERS
    assert made.orders["created_at"].min() >= shop.opened  # type: ignore[operator]
    assert set(made.listings["channel"]) == set(made.catalogue.shops["channel"]) == {shop.channel}
    assert made.lines["total_minor"].sum() > 0


def test_a_shop_that_opened_lately_sells_through_all_of_its_days() -> None:
    shop = sellers()["pinduoduo"].shop
    assert START < shop.opened < AS_OF
    placed = World.generate(11, ORDERS, [shop]).orders.filter(pl.col("created_at") <= AS_OF)
    days = placed["created_at"].dt.convert_time_zone(shop.timezone).dt.date().unique()
    assert len(days) == (AS_OF - shop.opened).days


def test_one_that_joins_the_company_opens_when_it_does_alone() -> None:
    shop = sellers()["pinduoduo"].shop
    joined = world().joined_by(shop).shops[shop.channel, shop.shop]
    assert joined.orders["created_at"].min() >= shop.opened  # type: ignore[operator]
    assert len(joined.orders.filter(pl.col("created_at") <= AS_OF)) == round(shop.share * world().size)


def test_a_sandbox_plays_one_channel_alone() -> None:
    with Sandbox(seed=11, orders=ORDERS, alone="jd") as sandbox:
        (told,) = requests.get(f"{sandbox.url}/_sandbox/truth", timeout=30).json()
    assert (told["channel"], told["orders"]) == ("jd", ORDERS)
