"""Names, prices and weights of the products: travel and home goods in styles of one to four colours."""

import numpy as np
import polars as pl

from sluice.sandbox.draws import Floats, Ints, weighted

# code, category, noun, Chinese noun, lowest and highest price (CNY), weight of one (g)
GOODS = (
    ("BP", "Bags", "Backpack", "双肩包", 199, 899, 900),
    ("TT", "Bags", "Tote", "托特包", 99, 399, 450),
    ("SL", "Bags", "Sling", "斜挎包", 89, 329, 300),
    ("PK", "Bags", "Packing Cube Set", "收纳袋套装", 59, 179, 240),
    ("JK", "Apparel", "Rain Jacket", "防雨外套", 299, 1299, 520),
    ("FL", "Apparel", "Fleece", "抓绒衣", 159, 599, 430),
    ("TS", "Apparel", "Merino Tee", "美丽诺T恤", 129, 359, 180),
    ("SK", "Apparel", "Hiking Socks", "徒步袜", 29, 89, 70),
    ("BT", "Drinkware", "Insulated Bottle", "保温瓶", 69, 229, 380),
    ("MG", "Drinkware", "Travel Mug", "随行杯", 59, 169, 310),
    ("KT", "Drinkware", "Tea Kit", "便携茶具", 119, 459, 760),
    ("LN", "Camp", "Lantern", "露营灯", 79, 349, 420),
    ("CH", "Camp", "Folding Chair", "折叠椅", 149, 699, 2400),
    ("BL", "Camp", "Down Blanket", "羽绒毯", 199, 799, 650),
    ("UM", "Accessories", "Umbrella", "晴雨伞", 49, 199, 330),
    ("HT", "Accessories", "Sun Hat", "遮阳帽", 59, 219, 110),
)
LINES = (
    ("Harbor", "海湾"), ("Alder", "赤杨"), ("Summit", "峰顶"), ("Drift", "流云"), ("Juniper", "杜松"), ("Tidal", "潮汐"),
    ("Meridian", "子午"), ("Lowland", "低地"), ("Cedar", "雪松"), ("Comet", "彗星"), ("Willow", "柳岸"), ("Basalt", "玄武"),
)  # fmt: skip
COLOURS = (("BLK", "Black", "黑色"), ("SND", "Sand", "沙色"), ("GRN", "Moss", "苔绿"), ("BLU", "Ink Blue", "墨蓝"))
DOLLARS_A_YUAN = 0.21
"""The own shop's prices abroad: dearer than the rate of exchange."""


def products(rng: np.random.Generator, count: int, is_bundle: np.ndarray) -> pl.DataFrame:
    """`count` SKUs: names, prices, costs (CNY), weights. Bundles are named here and priced by their components."""
    style, variant = _styles(rng, count, int(is_bundle.sum()))
    good = weighted(rng, np.ones(len(GOODS)), int(style[-1]) + 1)
    line = rng.integers(0, len(LINES), int(style[-1]) + 1)
    low, high = _goods(4, good), _goods(5, good)
    yuan = low + (high - low) * rng.beta(1.6, 2.8, len(good))
    price = whole_yuan(yuan * 100)[style]
    return pl.DataFrame(
        {
            "product_no": np.arange(1, count + 1, dtype=np.int64),
            "style_no": style + 1,
            "good": good[style],
            "line": line[style],
            "variant_no": variant,
            "price_minor": price,
            "price_usd_minor": dollars_and_99(yuan[style] * 100 * DOLLARS_A_YUAN),
            "cost_minor": (price * rng.uniform(0.32, 0.55, len(good))[style]).astype(np.int64),
            "weight_g": (_goods(6, good) * rng.uniform(0.85, 1.2, len(good)))[style].astype(np.int64),
        }
    ).select(*_names(is_bundle), "price_minor", "price_usd_minor", "cost_minor", "weight_g")


def whole_yuan(fen: Floats) -> Ints:
    """Prices that end in 9.00, as the shelf has them."""
    return (np.maximum(np.round(fen / 1000), 2) * 1000 - 100).astype(np.int64)


def dollars_and_99(cents: Floats) -> Ints:
    """Prices that end in .99."""
    return (np.maximum(np.round(cents / 100), 2) * 100 - 1).astype(np.int64)


def _styles(rng: np.random.Generator, count: int, bundles: int) -> tuple[Ints, Ints]:
    """The style of each SKU and its number within the style; each of the bundles, which come last, is a style of its own."""
    singles = count - bundles
    style = np.repeat(np.arange(singles), rng.integers(1, len(COLOURS) + 1, singles))[:singles]
    style = np.concatenate([style, style[-1] + 1 + np.arange(bundles)])
    first = np.searchsorted(style, style, side="left")
    return style.astype(np.int64), (np.arange(count) - first).astype(np.int64)


def _goods(column: int, good: Ints) -> Floats:
    return np.array([row[column] for row in GOODS], dtype=float)[good]


def _names(is_bundle: np.ndarray) -> list[pl.Expr | str]:
    def word(column: str, words: list[str]) -> pl.Expr:
        return pl.col(column).replace_strict(list(range(len(words))), words, return_dtype=pl.String)

    code, category, noun, noun_zh = (word("good", [str(row[at]) for row in GOODS]) for at in range(4))
    line, line_zh = (word("line", [row[at] for row in LINES]) for at in range(2))
    tag, colour, colour_zh = (word("variant_no", [row[at] for row in COLOURS]) for at in range(3))
    number = pl.col("style_no").cast(pl.String).str.zfill(4)
    bundle = pl.lit(pl.Series(is_bundle))
    return [
        "product_no",
        "style_no",
        pl.format("{}-{}-{}", pl.when(bundle).then(pl.lit("SET")).otherwise(code), number, tag).alias("sku"),
        pl.when(bundle).then(pl.format("{} Travel Set", line)).otherwise(pl.format("{} {}", line, noun)).alias("title"),
        pl.when(bundle).then(pl.format("{}出行套装", line_zh)).otherwise(pl.format("{}{}", line_zh, noun_zh)).alias("title_zh"),
        colour.alias("variant"),
        colour_zh.alias("variant_zh"),
        pl.when(bundle).then(pl.lit("Sets")).otherwise(category).alias("category"),
    ]
