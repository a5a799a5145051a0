"""Customers of shops, made from a seed: who is who is known here, and nowhere else."""

from itertools import product

import numpy as np
import polars as pl

STARTS, ENDS = (
    ("an", "be", "cla", "da", "em", "li", "ho", "ju", "ka", "mo"),
    ("na", "ra", "vid", "ma", "sa", "len", "rik", "to", "bel"),
)
GIVEN = [start + end for start in STARTS for end in ENDS]
GIVEN += [one + other for one in GIVEN for other in ENDS]
FAMILY = [
    "".join(part)
    for part in product(
        "bdgklmnrstvz", ("a", "e", "i", "o", "u", "an", "er"), ("l", "m", "r", "st", "ck"), ("y", "er", "on", "is")
    )
]
CITIES = [
    "".join(part)
    for part in product(
        ("ash", "bor", "dun", "kel", "mar", "sto", "wex", "tam"), ("", "en", "ing"), ("ford", "ton", "by", "mouth", "ham")
    )
]


def shops(count: int, seed: int = 7) -> tuple[pl.DataFrame, np.ndarray]:
    """Customers of three kinds of shop: an own shop, a marketplace that masks, a till without addresses. Families share phones,
    e-mails collide, names are mistyped, people move. And whose each is."""
    rng = np.random.default_rng(seed)
    people = int(count * 0.6)
    first, last = _drawn(rng, GIVEN, people), _drawn(rng, FAMILY, people)
    home = np.where(rng.random(people) < 0.05, rng.integers(0, people, people), np.arange(people))
    phone = rng.integers(0, 10**8, people)[home]
    number, person = rng.integers(0, 2000, people), rng.integers(0, people, count)
    kind = rng.choice(3, count, p=[0.45, 0.35, 0.2])
    moved, slip = rng.random(count) < 0.1, rng.random(count) < 0.04
    city = (rng.integers(0, len(CITIES), people)[person] + np.where(moved, rng.integers(1, len(CITIES), count), 0)) % len(CITIES)
    rows = pl.DataFrame(
        {"first": first[person], "last": last[person], "phone": phone[person], "number": number[person], "kind": kind}
    ).with_columns(
        city=pl.Series(np.array(CITIES)[city]),
        slip=pl.Series(slip),
        has_phone=pl.Series(rng.random(count) < 0.8),
        variety=pl.Series(rng.integers(0, 10, count)),
    )
    dialled = pl.format("138{}", pl.col("phone").cast(pl.String).str.zfill(8))
    typed = pl.when("slip").then(pl.col("last").str.slice(0, 3) + pl.col("last").str.slice(4)).otherwise("last")
    mail = pl.format("{}.{}{}@mail.cn", "first", "last", "number")
    frame = rows.select(
        channel=pl.when(pl.col("kind") == 0)
        .then(pl.lit("own"))
        .when(pl.col("kind") == 1)
        .then(pl.lit("market"))
        .otherwise(pl.lit("till")),
        shop=pl.col("variety").mod(3).cast(pl.String),
        name=pl.when(pl.col("kind") == 1)
        .then(pl.format("{}***", pl.col("first").str.slice(0, 1)))
        .otherwise(pl.format("{} {}", "first", typed)),
        email=pl.when(pl.col("kind") == 0)
        .then(mail)
        .when((pl.col("kind") == 1) & (pl.col("variety") < 4))
        .then(pl.lit("m***@mail.cn")),
        phone=pl.when(pl.col("kind") == 1)
        .then(pl.format("138****{}", dialled.str.slice(-4)))
        .when((pl.col("kind") == 2) | pl.col("has_phone"))
        .then(dialled),
        country=pl.lit("CN"),
        city=pl.when(pl.col("kind") < 2).then("city"),
    )
    return frame, person


def _drawn(rng: np.random.Generator, names: list[str], count: int) -> np.ndarray:
    """Names as they are borne: a few by many, most by few."""
    weight = 1 / np.arange(8, len(names) + 8)
    return np.array(names)[rng.choice(len(names), count, p=weight / weight.sum())]
