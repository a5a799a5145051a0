"""The sandbox's world: one seeded company with its catalogue, people, orders and stock, as frames over a fixed calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from sluice.sandbox import catalogue as catalogue_making
from sluice.sandbox import people, shop, stock
from sluice.sandbox.catalogue import SHOPS, Catalogue, Shop
from sluice.sandbox.people import People
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.stock import Stock
from sluice.sandbox.view import ORDER_EVENTS, REFUND_EVENTS, ShopHistory, ShopView, clipped


@dataclass(frozen=True, slots=True)
class Truth:
    """What one shop sold by some moment: orders created, their lines and pieces, and what buyers were to pay (minor units)."""

    channel: str
    shop: str
    orders: int
    lines: int
    units: int
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """A pure function of (seed, orders, shops): `orders` were created by AS_OF, more follow until END.

    Money is in minor units of the currency beside it, times are aware UTC, and null is what never happens.
    """

    seed: int
    size: int
    catalogue: Catalogue
    crowd: People
    shops: Mapping[tuple[str, str], ShopHistory]
    inventory: Stock

    @classmethod
    def generate(cls, seed: int, orders: int, shops: Sequence[Shop] = SHOPS) -> "World":
        """The company with these shops alone: all orders are theirs, by their shares."""
        goods = catalogue_making.generate(seed, orders, shops)
        crowd = people.generate(seed, orders)
        counts = _counts(orders, shops)
        stories = [shop.tell(one, count, seed, orders, goods, crowd) for one, count in zip(shops, counts, strict=True)]
        return cls(
            seed=seed,
            size=orders,
            catalogue=goods,
            crowd=crowd,
            shops={(one.shop.channel, one.shop.shop): shop.write(one, seed, orders, goods, crowd) for one in stories},
            inventory=stock.generate(seed, orders, goods, stories),
        )

    def joined_by(self, one: Shop) -> "World":
        """The same world with one more shop of the company, which sells the same goods to the same people by its share.

        The facilities' stock does not follow its parcels: it tells of the shops of `SHOPS` alone.
        """
        shown = catalogue_making.listings(one, self.products, self.catalogue.listed[one.kind])
        shops = pl.concat([self.catalogue.shops, catalogue_making.described([one])])
        goods = replace(self.catalogue, shops=shops, listings=pl.concat([self.listings, shown]))
        told = shop.tell(one, round(one.share * self.size), self.seed, self.size, goods, self.crowd)
        history = shop.write(told, self.seed, self.size, goods, self.crowd)
        return replace(self, catalogue=goods, shops={**self.shops, (one.channel, one.shop): history})

    @property
    def persons(self) -> pl.DataFrame:
        return self.crowd.persons

    @property
    def facilities(self) -> pl.DataFrame:
        return self.catalogue.facilities

    @property
    def products(self) -> pl.DataFrame:
        return self.catalogue.products

    @property
    def components(self) -> pl.DataFrame:
        return self.catalogue.components

    @property
    def listings(self) -> pl.DataFrame:
        return self.catalogue.listings

    @property
    def purchase_orders(self) -> pl.DataFrame:
        return self.inventory.purchase_orders

    @property
    def orders(self) -> pl.DataFrame:
        return pl.concat(history.orders for history in self.shops.values())

    @property
    def lines(self) -> pl.DataFrame:
        return pl.concat(history.lines.frame for history in self.shops.values())

    @property
    def refunds(self) -> pl.DataFrame:
        return pl.concat(history.refunds.frame for history in self.shops.values())

    @property
    def shipments(self) -> pl.DataFrame:
        return pl.concat(history.shipments.frame for history in self.shops.values())

    @property
    def identities(self) -> pl.DataFrame:
        return pl.concat(history.identities for history in self.shops.values())

    def view(self, channel: str, shop: str, now: datetime) -> ShopView:
        """One shop as it stands at `now`. KeyError if there is no such shop."""
        return ShopView(now, self.orders_at(channel, shop, now), self.shops[channel, shop], self.persons)

    def orders_at(self, channel: str, shop: str, now: datetime) -> pl.DataFrame:
        """Orders created by `now` with `updated_at`, the latest thing that happened to them, sorted by (updated_at, order_id)."""
        history = self.shops[channel, shop]
        seen = clipped(history.orders, ORDER_EVENTS, now)
        refunded = clipped(history.refunds.frame, REFUND_EVENTS, now).select("order_id", latest=pl.max_horizontal(REFUND_EVENTS))
        latest = refunded.group_by("order_id").agg(pl.col("latest").max())
        updated = pl.max_horizontal(*ORDER_EVENTS, "latest").alias("updated_at")
        promised = pl.when(pl.col("paid_at").is_not_null()).then("promised_at")
        known = seen.join(latest, on="order_id", how="left").with_columns(updated, promised.alias("promised_at"))
        return known.drop("latest").sort("updated_at", "order_id")

    def stock(self, now: datetime) -> pl.DataFrame:
        """facility_id, sku, on_hand (pieces, bundles exploded): opening + received - shipped + restocked."""
        return self.inventory.at(now)

    def purchase_orders_at(self, now: datetime) -> pl.DataFrame:
        """Lines ordered by `now`; `received_at` null for what is still to come."""
        return clipped(self.purchase_orders, ("ordered_at", "received_at"), now)

    def truth(self, channel: str, shop: str, now: datetime = AS_OF) -> Truth:
        """The figures that a summary of this shop is held against, summed straight from the lines."""
        history = self.shops[channel, shop]
        created = history.orders["created_at"].search_sorted(now, side="right")
        last = int(history.lines.starts[created])
        lines, orders = history.lines.frame[:last], history.orders[:created]
        total = sum(int(part.sum()) for part in (lines["total_minor"], lines["tax_minor"], orders["shipping_minor"]))
        currency = self.catalogue.shops.row(by_predicate=(pl.col("channel") == channel) & (pl.col("shop") == shop), named=True)
        return Truth(channel, shop, created, len(lines), int(lines["quantity"].sum()), total, currency["currency"])


def _counts(orders: int, shops: Sequence[Shop]) -> list[int]:
    """Orders of each shop by its share, summing to `orders`."""
    shares = np.cumsum([one.share for one in shops])
    reach = np.round(shares / shares[-1] * orders).astype(int)
    return [int(count) for count in np.diff(reach, prepend=0)]
