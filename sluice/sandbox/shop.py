"""One shop's history: what its orders, lines, refunds and parcels were, put into the columns that the channels read."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.sandbox import baskets as basket_making
from sluice.sandbox import lifecycle, numbers, people, seasons, traffic
from sluice.sandbox.baskets import Baskets
from sluice.sandbox.catalogue import FACILITIES, STORE, Catalogue, Shop
from sluice.sandbox.draws import NEVER, Flags, Ints, generator, moments
from sluice.sandbox.lifecycle import Events, Refunds
from sluice.sandbox.names import SOUTH
from sluice.sandbox.people import People
from sluice.sandbox.traffic import Heads
from sluice.sandbox.view import Rows, ShopHistory

CARRIERS = {"own_shop": ("DHL", "FedEx", "UPS"), "marketplace": ("SF Express", "YTO Express", "ZTO Express"), "store": ("DHL",)}
ANONYMOUS_SHARE = 0.3
"""Buyers in the store who show no membership."""
GUEST_SHARE = 0.08
"""Orders that are placed without an account, by whoever has one or not; where the channel lets them."""
GUESTS_ORDER = ("shopify", "woocommerce", "medusa")
PROMOTION_NAMES = [*(promotion.name for promotion in seasons.PROMOTIONS), "WELCOME10", None]
"""By Baskets.promotion: counted from the end, -2 is the coupon and -1 none."""


@dataclass(frozen=True, slots=True)
class Story:
    """One shop's orders as arrays. `facility` is a position in catalogue.FACILITIES, one an order."""

    shop: Shop
    heads: Heads
    baskets: Baskets
    events: Events
    refunds: Refunds
    facility: Ints


def tell(shop: Shop, count: int, seed: int, orders: int, catalogue: Catalogue, crowd: People) -> Story:
    """`count` orders of one shop up to AS_OF, and those that follow until END."""
    rng = generator(seed, orders, f"orders {shop.channel}/{shop.shop}")
    heads = traffic.generate(rng, shop, crowd, count)
    country = crowd.persons["country"].to_numpy()[heads.ship_to]
    taxes = crowd.persons["tax_basis_points"].to_numpy()[heads.ship_to] * (shop.kind == "own_shop")
    goods = basket_making.generate(rng, shop.kind, shop.timezone, shop.currency, heads, catalogue, country == "US", taxes)
    events = lifecycle.generate(rng, shop.kind, heads, goods, country != "CN")
    given_back = lifecycle.refunds(rng, shop.kind, goods, events)
    return Story(shop, heads, goods, events, given_back, _facilities(rng, shop.kind, heads, crowd, country != "CN"))


def _facilities(rng: np.random.Generator, kind: str, heads: Heads, crowd: People, is_abroad: Flags) -> Ints:
    """The warehouse nearest to where it goes; the store serves itself."""
    if kind == "store":
        return np.full(len(heads), STORE)
    south = np.isin(crowd.persons["region"].to_numpy()[heads.ship_to], SOUTH)
    return (rng.random(len(heads)) < np.where(is_abroad, 0.35, np.where(south, 0.9, 0.05))).astype(np.int64)


def write(story: Story, seed: int, orders: int, catalogue: Catalogue, crowd: People) -> ShopHistory:
    """The story as frames."""
    rng = generator(seed, orders, f"frames {story.shop.channel}/{story.shop.shop}")
    frame, identities = _orders(rng, story, seed, orders, crowd)
    owner, refunded = story.baskets.owner, story.baskets.owner[story.refunds.line]
    parcels = np.flatnonzero((story.events.shipped != NEVER) & (story.shop.kind != "store"))
    return ShopHistory(
        orders=frame,
        lines=_rows(_lines(rng, story, frame, catalogue), owner, len(frame)),
        refunds=_rows(_refunds(rng, story, frame), refunded, len(frame)),
        shipments=_rows(_shipments(rng, story, frame, parcels), parcels, len(frame)),
        identities=identities,
    )


def _rows(frame: pl.DataFrame, owner: Ints, orders: int) -> Rows:
    return Rows(frame, np.searchsorted(owner, np.arange(orders + 1)))


def _orders(rng: np.random.Generator, story: Story, seed: int, orders: int, crowd: People) -> tuple[pl.DataFrame, pl.DataFrame]:
    shop, heads, goods, events = story.shop, story.heads, story.baskets, story.events
    named = rng.random(len(heads)) >= (ANONYMOUS_SHARE if shop.kind == "store" else 0.0)
    guest = _guests(story, seed, orders)
    known = np.unique(heads.person[named])
    identity = np.minimum(np.searchsorted(known, heads.person), len(known) - 1)
    # who never ordered but as a guest has no account
    met = np.full(len(known), NEVER)
    np.minimum.at(met, identity[named & ~guest], heads.created[named & ~guest])
    identities = people.identities(rng, shop.kind, shop.channel, shop.shop, crowd.persons[known]).with_columns(
        moments("created_at", met)
    )
    frame = pl.DataFrame(
        {
            "position": np.arange(len(heads)),
            "person_no": heads.person,
            "identity_no": identity,
            "person_id": crowd.persons["person_id"].gather(heads.person),
            "ship_to_person_id": crowd.persons["person_id"].gather(heads.ship_to),
            "customer_id": identities["customer_id"].gather(identity).set(pl.Series(~named | guest), None),
            "is_guest": guest,
            "facility_id": _names([row[0] for row in FACILITIES], story.facility),
            "items_minor": goods.items,
            "discount_minor": goods.discount,
            "shipping_minor": goods.shipping,
            "tax_minor": goods.tax,
            "total_minor": goods.items - goods.discount + goods.shipping + goods.tax,
            "is_presale": goods.released > heads.created,
            "is_fraud": heads.is_fraud,
            "promo": _names(PROMOTION_NAMES, goods.promotion % len(PROMOTION_NAMES)),
            "created_at": moments("created_at", heads.created),
            "paid_at": moments("paid_at", events.paid),
            "shipped_at": moments("shipped_at", events.shipped),
            "delivered_at": moments("delivered_at", events.delivered),
            "completed_at": moments("completed_at", events.completed),
            "cancelled_at": moments("cancelled_at", events.cancelled),
            "promised_at": moments("promised_at", events.promised),
        }
    )
    order_id, order_number = numbers.orders(rng, shop, heads.created)
    return frame.select(*_belonging(shop), order_id, order_number, pl.lit(shop.currency).alias("currency"), pl.all()), identities


def _guests(story: Story, seed: int, orders: int) -> Flags:
    """Which orders were placed without an account, the buyer's contacts told at the checkout."""
    if story.shop.channel not in GUESTS_ORDER:
        return np.zeros(len(story.heads), dtype=bool)
    rng = generator(seed, orders, f"guests {story.shop.channel}/{story.shop.shop}")
    return (rng.random(len(story.heads)) < GUEST_SHARE) & ~story.heads.is_fraud


def _lines(rng: np.random.Generator, story: Story, orders: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    goods, shop = story.baskets, story.shop
    listed = catalogue.products.select("sku").join(
        catalogue.listings.filter(pl.col("channel") == shop.channel, pl.col("shop") == shop.shop), on="sku", how="left",
        maintain_order="left",
    )  # fmt: skip
    frame = pl.DataFrame(
        {
            "order_id": orders["order_id"].gather(goods.owner),
            "line_no": goods.line_number,
            "sku": listed["sku"].gather(goods.sku),
            "product_id": listed["product_id"].gather(goods.sku),
            "listing_id": listed["listing_id"].gather(goods.sku),
            "quantity": goods.quantity,
            "unit_price_minor": goods.unit_price,
            "discount_minor": goods.line_discount,
            "tax_minor": goods.line_tax,
            "total_minor": goods.line_total,
        }
    )
    sizes = np.diff(np.append(goods.starts, len(goods.owner)))
    line_id = numbers.lines(rng, shop, frame, is_only=sizes[goods.owner] == 1)
    return frame.select(*_belonging(shop), "order_id", "line_no", line_id, pl.exclude("order_id", "line_no"))


def _refunds(rng: np.random.Generator, story: Story, orders: pl.DataFrame) -> pl.DataFrame:
    given, goods = story.refunds, story.baskets
    frame = pl.DataFrame(
        {
            "order_id": orders["order_id"].gather(goods.owner[given.line]),
            "refund_id": numbers.refunds(rng, story.shop, len(given.line)),
            "line_no": goods.line_number[given.line],
            "quantity": given.quantity,
            "amount_minor": given.amount,
            "kind": _names(["refund", "return"], given.is_return.astype(np.int64)),
            "restock": given.is_restocked,
            "requested_at": moments("requested_at", given.requested),
            "approved_at": moments("approved_at", given.approved),
            "returned_at": moments("returned_at", given.returned),
            "completed_at": moments("completed_at", given.completed),
            "rejected_at": moments("rejected_at", given.rejected),
        }
    )
    return frame.select(*_belonging(story.shop), pl.all())


def _shipments(rng: np.random.Generator, story: Story, orders: pl.DataFrame, parcels: Ints) -> pl.DataFrame:
    events = story.events
    delivered, promised = events.delivered[parcels], events.promised[parcels]
    served = CARRIERS[story.shop.kind]
    carrier = _names(list(served), rng.integers(0, len(served), len(parcels)))
    frame = orders[parcels].select("order_id", "facility_id", "shipped_at", "delivered_at")
    return frame.select(
        *_belonging(story.shop),
        "order_id",
        numbers.shipments(story.shop, parcels),
        "facility_id",
        carrier.alias("carrier"),
        numbers.parcels(rng, carrier),
        "shipped_at",
        "delivered_at",
        pl.lit(pl.Series(delivered > promised)).alias("is_late"),
    )


def _belonging(shop: Shop) -> list[pl.Expr]:
    return [pl.lit(shop.channel).alias("channel"), pl.lit(shop.shop).alias("shop")]


def _names(names: list[str] | list[str | None], chosen: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(chosen)
