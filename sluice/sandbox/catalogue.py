"""What is sold, where it lies and in which shops: facilities, products, bundles, shops and their listings."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import polars as pl

from sluice.sandbox import assortment
from sluice.sandbox.draws import DAY, Flags, Floats, Ints, generator, moments
from sluice.sandbox.seasons import FIRST_SECOND, LAST_SECOND, NOW_SECOND, START

FACILITIES = (
    ("WH-SH", "Shanghai warehouse", "上海仓", "warehouse", "Shanghai", "Shanghai", "CN", 1),
    ("WH-GZ", "Guangzhou warehouse", "广州仓", "warehouse", "Guangzhou", "Guangdong", "CN", 2),
    ("ST-HZ", "Hangzhou store", "杭州门店", "store", "Hangzhou", "Zhejiang", "CN", 3),
)
STORE = 2
"""Position of the store in FACILITIES."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop. `share` is its part of all orders; `kind` (own_shop, marketplace or store) is how people buy there.

    `opened` is a whole hour: nobody ordered before.
    """

    channel: str
    shop: str
    currency: str
    timezone: str
    kind: str
    share: float
    opened: datetime = START


SHOPS = (
    Shop("shopify", "main", "USD", "America/Los_Angeles", "own_shop", 0.40),
    Shop("taobao", "flagship", "CNY", "Asia/Shanghai", "marketplace", 0.42),
    Shop("file", "hangzhou", "CNY", "Asia/Shanghai", "store", 0.18),
)
LISTED = {"own_shop": 0.92, "marketplace": 0.96, "store": 0.65}
"""Share of the catalogue that a kind of shop lists."""
ZIPF = 0.85
"""How fast demand falls with a product's rank."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Frames for reading, arrays (one entry a SKU, in the order of `products`) for generating."""

    facilities: pl.DataFrame
    products: pl.DataFrame
    components: pl.DataFrame
    shops: pl.DataFrame
    listings: pl.DataFrame
    demand: Floats
    launched: Ints
    released: Ints
    is_bundle: Flags
    prices: dict[str, Ints]
    listed: dict[str, Flags]
    parts: tuple[Ints, Ints, Ints]


def size(orders: int) -> int:
    """SKUs that a company of so many orders sells: 60 at 1,000 orders, some 1,900 at 1,000,000."""
    return max(40, round(60 * math.sqrt(orders / 1000)))


def generate(seed: int, orders: int, shops: Sequence[Shop] = SHOPS) -> Catalogue:
    rng = generator(seed, orders, "catalogue")
    count = size(orders)
    is_bundle, is_presale = _kinds(rng, count)
    launched, released = _launches(rng, is_presale, is_bundle)
    products = assortment.products(rng, count, is_bundle)
    parts = _components(rng, is_bundle, is_presale | (launched > FIRST_SECOND))
    products = _bundles_priced(products, is_bundle, parts).with_columns(
        pl.Series("is_bundle", is_bundle),
        pl.Series("is_presale", is_presale),
        moments("launched_at", launched),
        moments("released_at", released),
    )
    listed = {kind: _listed(rng, share, is_presale) for kind, share in LISTED.items()}
    shown = pl.concat([listings(shop, products, listed[shop.kind]) for shop in shops])
    skus = products["sku"]
    return Catalogue(
        facilities=pl.DataFrame(
            FACILITIES,
            schema=["facility_id", "name", "name_zh", "kind", "city", "region", "country", "priority"],
            orient="row",
        ),
        products=products,
        components=pl.DataFrame(
            {"bundle_sku": skus.gather(parts[0]), "component_sku": skus.gather(parts[1]), "quantity": parts[2]}
        ),
        shops=described(shops),
        listings=shown,
        demand=_demand(rng, is_bundle, is_presale),
        launched=launched,
        released=released,
        is_bundle=is_bundle,
        prices={"USD": products["price_usd_minor"].to_numpy(), "CNY": products["price_minor"].to_numpy()},
        listed=listed,
        parts=parts,
    )


def _kinds(rng: np.random.Generator, count: int) -> tuple[Flags, Flags]:
    """The last twelfth of the SKUs are bundles; another twelfth is sold before it is made."""
    share = max(3, count // 12)
    is_bundle = np.arange(count) >= count - share
    is_presale = np.zeros(count, dtype=bool)
    is_presale[rng.choice(count - share, share, replace=False)] = True
    return is_bundle, is_presale


def _launches(rng: np.random.Generator, is_presale: Flags, is_bundle: Flags) -> tuple[Ints, Ints]:
    """When each SKU is first sold and when it is first there to be shipped; a presale lies between the two.

    Presales follow one another through the calendar; of the last ones the release is still to come at AS_OF.
    """
    count, presales = len(is_presale), int(is_presale.sum())
    launched = np.full(count, FIRST_SECOND - 30 * DAY, dtype=np.int64)
    late = (rng.random(count) < 0.12) & ~is_bundle & ~is_presale
    launched[late] = rng.integers(FIRST_SECOND + 30 * DAY, NOW_SECOND - 10 * DAY, int(late.sum()))
    released = launched.copy()
    ahead = min(presales - 1, max(1, presales // 6))
    past = np.linspace(FIRST_SECOND + 40 * DAY, NOW_SECOND - 60 * DAY, presales - ahead).astype(np.int64)
    running = rng.integers(NOW_SECOND - 21 * DAY, NOW_SECOND - 12 * DAY, ahead)
    launched[is_presale] = np.concatenate([past, running])
    released[is_presale] = launched[is_presale] + rng.integers(26 * DAY, 40 * DAY, presales)
    return launched, np.minimum(released, LAST_SECOND - 20 * DAY)


def _components(rng: np.random.Generator, is_bundle: Flags, barred: Flags) -> tuple[Ints, Ints, Ints]:
    """(bundle, component, quantity) by position: two or three different single products that were always sold."""
    bundles, singles = np.flatnonzero(is_bundle), np.flatnonzero(~is_bundle & ~barred)
    rows = [
        (bundle, component, int(rng.choice([1, 1, 1, 2])))
        for bundle in bundles
        for component in np.sort(rng.choice(singles, size=int(rng.integers(2, 4)), replace=False))
    ]
    bundle, component, quantity = np.array(rows, dtype=np.int64).T
    return bundle, component, quantity


def _bundles_priced(products: pl.DataFrame, is_bundle: Flags, parts: tuple[Ints, Ints, Ints]) -> pl.DataFrame:
    """A bundle costs and weighs what its components do, and is sold at a tenth less."""

    def whole(column: str) -> Floats:
        own = products[column].to_numpy()
        return np.bincount(parts[0], weights=own[parts[1]] * parts[2], minlength=len(own)).astype(float)

    sold = {
        "price_minor": assortment.whole_yuan(whole("price_minor") * 0.9),
        "price_usd_minor": assortment.dollars_and_99(whole("price_usd_minor") * 0.9),
        "cost_minor": whole("cost_minor").astype(np.int64),
        "weight_g": whole("weight_g").astype(np.int64),
    }
    return products.with_columns(
        pl.Series(name, np.where(is_bundle, values, products[name].to_numpy())) for name, values in sold.items()
    )


def _listed(rng: np.random.Generator, share: float, always: Flags) -> Flags:
    return (rng.random(len(always)) < share) | always


def _demand(rng: np.random.Generator, is_bundle: Flags, is_presale: Flags) -> Floats:
    """Zipf by a shuffled rank. Bundles sell less, presales are what people wait for."""
    count = len(is_bundle)
    demand: Floats = np.power(rng.permutation(count).astype(float) + 3, -ZIPF)
    demand[is_bundle] *= 0.7
    demand[is_presale] = np.maximum(demand[is_presale], float(np.quantile(demand, 0.7))) * 1.5
    return demand


def described(shops: Sequence[Shop]) -> pl.DataFrame:
    """Shops as a frame, one row a shop."""
    return pl.DataFrame([asdict(shop) for shop in shops])


def listings(shop: Shop, products: pl.DataFrame, listed: Flags) -> pl.DataFrame:
    """How a shop shows the catalogue: Shopify and Taobao number styles and variants, the store knows SKUs only."""
    style, number = pl.col("style_no"), pl.col("product_no")
    product_id, listing_id, stock_ref = {
        "own_shop": (7_620_000_000_000 + style * 3_311, 42_800_000_000_000 + number * 2_713, 44_900_000_000_000 + number * 2_719),
        "marketplace": (682_000_000_000 + style * 7_919, 5_010_000_000_000 + number * 6_841, None),
        "store": (pl.col("sku"), pl.col("sku"), None),
    }[shop.kind]
    return products.filter(pl.Series(listed)).select(
        pl.lit(shop.channel).alias("channel"),
        pl.lit(shop.shop).alias("shop"),
        product_id.cast(pl.String).alias("product_id"),
        listing_id.cast(pl.String).alias("listing_id"),
        (pl.lit(None, pl.String) if stock_ref is None else stock_ref.cast(pl.String)).alias("stock_ref"),
        "sku",
        pl.col("title" if shop.kind == "own_shop" else "title_zh").alias("title"),
        pl.col("price_usd_minor" if shop.currency == "USD" else "price_minor").alias("price_minor"),
        pl.lit(shop.currency).alias("currency"),
        pl.col("released_at" if shop.kind == "store" else "launched_at").alias("listed_at"),
    )
