"""Ids, references and kinds of things that the channels rely on."""

import polars as pl
import pytest

from sluice.sandbox.seasons import AS_OF
from tests.sandbox.worlds import world

KEYS = {
    "products": ["sku"],
    "listings": ["channel", "shop", "listing_id"],
    "persons": ["person_id"],
    "identities": ["channel", "shop", "customer_id"],
    "orders": ["channel", "shop", "order_id"],
    "lines": ["channel", "shop", "line_id"],
    "refunds": ["channel", "shop", "refund_id"],
    "shipments": ["channel", "shop", "shipment_id"],
    "purchase_orders": ["po_id", "line_no"],
    "components": ["bundle_sku", "component_sku"],
}
REFERENCES = [
    ("lines", "orders", ["channel", "shop", "order_id"]),
    ("lines", "listings", ["channel", "shop", "listing_id", "product_id", "sku"]),
    ("refunds", "lines", ["channel", "shop", "order_id", "line_no"]),
    ("shipments", "orders", ["channel", "shop", "order_id"]),
    ("orders", "persons", ["person_id"]),
    ("orders", "identities", ["channel", "shop", "customer_id", "person_id"]),
    ("orders", "facilities", ["facility_id"]),
    ("listings", "products", ["sku"]),
    ("purchase_orders", "products", ["sku"]),
]


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_keys_are_unique_and_complete(name: str, key: list[str]) -> None:
    rows = getattr(world(orders=20_000), name).select(key)
    assert rows.null_count().sum_horizontal().item() == 0
    assert rows.is_unique().all()


@pytest.mark.parametrize(("child", "parent", "columns"), REFERENCES)
def test_references_hold(child: str, parent: str, columns: list[str]) -> None:
    rows = getattr(world(), child).drop_nulls(columns)
    assert len(rows) > 0
    assert rows.join(getattr(world(), parent), on=columns, how="anti").is_empty()


def test_taobao_ids_need_more_than_a_double_and_less_than_a_signed_64_bit_integer() -> None:
    ids = world().orders.filter(pl.col("channel") == "taobao")["order_id"].cast(pl.Int64)
    assert ids.min() > 2**53
    assert ids.is_sorted()


def test_the_only_line_of_a_taobao_trade_has_its_number() -> None:
    lines = world().lines.filter(pl.col("channel") == "taobao").with_columns(lines=pl.len().over("order_id"))
    same = lines["line_id"] == lines["order_id"]
    assert (same == (lines["lines"] == 1)).all()


def test_bundles_are_two_or_three_single_products() -> None:
    sizes = world().components.group_by("bundle_sku").len()
    assert set(sizes["len"]) <= {2, 3}
    assert set(sizes["bundle_sku"]) == set(world().products.filter("is_bundle")["sku"])
    assert not set(world().components["component_sku"]) & set(sizes["bundle_sku"])
    assert set(sizes["bundle_sku"]) & set(world().lines["sku"])


def test_prices_end_as_shops_like_it() -> None:
    assert (world().products["price_minor"] % 1000 == 900).all()
    assert (world().products["price_usd_minor"] % 100 == 99).all()


def test_persons_are_known_by_other_identities_in_other_shops() -> None:
    known = world(orders=20_000).identities
    several = known.filter(pl.col("shop").n_unique().over("person_id") > 1)
    assert 0.05 < several["person_id"].n_unique() / known["person_id"].n_unique() < 0.5
    assert several.group_by("person_id").agg(pl.col("name").n_unique())["name"].max() > 1
    assert known.filter(pl.col("channel") == "taobao")["phone"].str.contains(r"^.{3}\*{4}\d{4}$").all()
    assert known.filter(pl.col("channel") == "file")["email"].null_count() == known.filter(pl.col("channel") == "file").height


def test_fraudsters_order_in_bursts_from_one_account_to_strange_addresses() -> None:
    frauds = world(orders=20_000).orders.filter("is_fraud").sort("created_at")
    bursts = frauds.group_by("channel", "customer_id").agg(
        pl.len(), (pl.col("created_at").sort().diff().dt.total_minutes() <= 15).sum().alias("quick")
    )
    assert (bursts["quick"] >= bursts["len"] // 2).all()
    assert bursts["len"].max() >= 4
    assert (frauds["ship_to_person_id"] != frauds["person_id"]).mean() > 0.9
    ordinary = world(orders=20_000).orders.filter(~pl.col("is_fraud"))
    assert not set(frauds["person_id"]) & set(ordinary["person_id"])


def test_a_presale_is_running_and_others_are_over() -> None:
    presales = world().products.filter("is_presale")
    assert (presales["released_at"] > presales["launched_at"]).all()
    assert presales.filter(pl.col("launched_at") <= AS_OF, pl.col("released_at") > AS_OF).height >= 1
    assert presales.filter(pl.col("released_at") <= AS_OF).height >= 3


def test_presale_orders_ship_after_the_release_and_are_promised_later() -> None:
    made = world(orders=20_000)
    orders = made.lines.join(made.products.select("sku", "launched_at", "released_at"), on="sku").join(
        made.orders, on=["channel", "shop", "order_id"]
    )
    waiting = orders.filter(pl.col("created_at") < pl.col("released_at"), pl.col("is_presale"))
    assert len(waiting) > 50
    assert (orders["created_at"] >= orders["launched_at"]).all()
    assert (orders["shipped_at"] >= orders["released_at"]).all()  # null, where it is never shipped, does not count
    assert (waiting["promised_at"] > waiting["released_at"]).all()


def test_the_marketplace_has_its_618_and_the_store_its_weekend() -> None:
    made = world(orders=20_000).orders.with_columns(day=pl.col("created_at").dt.convert_time_zone("Asia/Shanghai"))
    taobao = made.filter(pl.col("channel") == "taobao").group_by(pl.col("day").dt.date()).len()
    usual = taobao["len"].median()
    assert taobao.filter(pl.col("day").cast(pl.String) == "2026-06-18")["len"].item() > 2.5 * usual
    assert taobao.filter(pl.col("day").cast(pl.String) == "2026-11-11")["len"].item() > 4 * usual
    weekdays = made.filter(pl.col("channel") == "file")["day"].dt.weekday().value_counts().sort("day")["count"].to_list()
    assert min(weekdays[5:]) > max(weekdays[:4])


def test_few_products_make_most_of_the_sales() -> None:
    units = world(orders=20_000).lines.group_by("sku").agg(pl.col("quantity").sum())["quantity"].sort(descending=True)
    assert units[: len(units) // 5].sum() > 0.45 * units.sum()
