"""Who buys: persons, and the different identities that one person has in the shops."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.sandbox import names
from sluice.sandbox.draws import Flags, Floats, Ints, generator, weighted

PERSONS_AN_ORDER = 0.5
FRAUDSTERS_AN_ORDER = 0.0015


@dataclass(frozen=True, slots=True)
class People:
    """`persons` for reading; arrays (one entry a person) for generating. `place` is a position in names.PLACES."""

    persons: pl.DataFrame
    place: Ints
    activity: Floats
    is_fraudster: Flags
    members: dict[str, Flags]


def generate(seed: int, orders: int) -> People:
    rng = generator(seed, orders, "people")
    count = max(60, round(orders * PERSONS_AN_ORDER))
    place = _places(rng, count)
    is_chinese = _column(0, place) == "CN"
    speaks_chinese = is_chinese | (rng.random(count) < 0.15)
    is_fraudster = np.zeros(count, dtype=bool)
    is_fraudster[rng.choice(count, max(2, round(orders * FRAUDSTERS_AN_ORDER)), replace=False)] = True
    return People(
        persons=_persons(rng, place, is_chinese, speaks_chinese, is_fraudster),
        place=place,
        activity=rng.gamma(0.7, 1.0, count) + 0.03,
        is_fraudster=is_fraudster,
        members=_members(rng, place, is_chinese, speaks_chinese),
    )


def _places(rng: np.random.Generator, count: int) -> Ints:
    """Six in ten live in China."""
    weight = np.array([row[6] for row in names.PLACES], dtype=float)
    home = np.array([row[0] == "CN" for row in names.PLACES])
    share = np.where(home, 0.6 * weight / weight[home].sum(), 0.4 * weight / weight[~home].sum())
    return weighted(rng, share, count)


def _column(at: int, place: Ints) -> np.ndarray:
    return np.array([row[at] for row in names.PLACES])[place]


def _members(rng: np.random.Generator, place: Ints, is_chinese: Flags, speaks_chinese: Flags) -> dict[str, Flags]:
    """Which kinds of shop a person buys in. A quarter or so buys in more than one."""
    count = len(place)
    near = np.isin(_column(3, place), names.NEAR_STORE)
    store = near & (rng.random(count) < 0.45)
    marketplace = np.where(is_chinese, rng.random(count) < 0.9, speaks_chinese & (rng.random(count) < 0.5))
    own_shop = np.where(is_chinese, rng.random(count) < 0.09, rng.random(count) < 0.98)
    nowhere = ~(store | marketplace | own_shop)
    return {"store": store, "marketplace": marketplace | (nowhere & is_chinese), "own_shop": own_shop | (nowhere & ~is_chinese)}


def _persons(
    rng: np.random.Generator, place: Ints, is_chinese: Flags, speaks_chinese: Flags, is_fraudster: Flags
) -> pl.DataFrame:
    count = len(place)
    surname, given_zh = rng.integers(0, len(names.SURNAMES), count), rng.integers(0, len(names.GIVEN_ZH), count)
    given, family = rng.integers(0, len(names.GIVEN), count), rng.integers(0, len(names.FAMILY), count)
    drawn = pl.DataFrame(
        {
            "number": np.arange(1, count + 1),
            "chinese": is_chinese,
            "bilingual": speaks_chinese,
            "surname_zh": _pick(names.SURNAMES, 0, surname),
            "pinyin": _pick(names.SURNAMES, 1, surname),
            "given_zh": _pick(names.GIVEN_ZH, 0, given_zh),
            "given_pinyin": _pick(names.GIVEN_ZH, 1, given_zh),
            "gender": np.where(is_chinese, _pick(names.GIVEN_ZH, 2, given_zh), _pick(names.GIVEN, 1, given)),
            "given": _pick(names.GIVEN, 0, given),
            "family": np.array(names.FAMILY)[family],
            "mail": np.where(is_chinese, np.array(names.MAIL_CN)[given_zh % 4], np.array(names.MAIL)[given % 4]),
            "born": rng.integers(60, 107, count),
            "phone": rng.integers(10**7, 10**8, count),
            "cell": rng.choice(np.array([136, 137, 138, 139, 150, 151, 158, 159, 186, 188]), count),
            "area": rng.integers(201, 980, count),
            "house": rng.integers(1, 1800, count),
            "street": np.array(names.STREETS)[surname % 8],
            "street_zh": np.array(names.STREETS_ZH)[surname % 8],
            "ward": rng.integers(0, 100, count),
            "code": _column(5, place),
            "is_fraudster": is_fraudster,
            "country": _column(0, place),
            "region": _column(1, place),
            "region_zh": _column(2, place),
            "city": _column(3, place),
            "city_zh": _column(4, place),
            "tax_basis_points": np.array([row[7] for row in names.PLACES])[place],
        }
    )
    return _described(drawn)


def _pick(rows: tuple[tuple[str, ...], ...], at: int, chosen: Ints) -> np.ndarray:
    return np.array([row[at] for row in rows])[chosen]


def _described(drawn: pl.DataFrame) -> pl.DataFrame:
    """Names, addresses and numbers written out. Of a bilingual person abroad the family name is Chinese."""
    at_home = pl.col("chinese")
    parts = drawn.with_columns(
        first=pl.when(at_home).then("given_pinyin").otherwise("given"),
        last=pl.when(at_home | pl.col("bilingual")).then("pinyin").otherwise("family"),
        national=pl.when(at_home)
        .then(pl.format("{}{}", "cell", "phone"))
        .otherwise(pl.format("{}{}", "area", pl.col("phone").cast(pl.String).str.slice(0, 7))),
        dialling=pl.col("country").replace_strict(names.DIALLING, return_dtype=pl.String),
        ward=pl.col("ward") + 101,
    )
    latin = [pl.col(name).str.normalize("NFD").str.replace_all("[^A-Za-z]", "").str.to_lowercase() for name in ("first", "last")]
    return parts.select(
        pl.format("P{}", pl.col("number").cast(pl.String).str.zfill(7)).alias("person_id"),
        pl.format("{} {}", "first", "last").alias("name"),
        pl.when("bilingual").then(pl.format("{}{}", "surname_zh", "given_zh")).alias("name_zh"),
        pl.format("{}.{}{}@{}", *latin, "born", "mail").alias("email"),
        pl.format("{}{}", "dialling", "national").alias("phone"),
        "gender",
        "city",
        "region",
        "country",
        pl.when(at_home)
        .then(pl.format("{}{}号{}室", "street_zh", "house", "ward"))
        .otherwise(pl.format("{} {}", "house", "street"))
        .alias("address"),
        pl.format("{}{}", "code", pl.col("ward").cast(pl.String).str.slice(1)).alias("postcode"),
        pl.when(at_home).then("region_zh").alias("region_zh"),
        pl.when(at_home).then("city_zh").alias("city_zh"),
        "number",
        "first",
        "last",
        "surname_zh",
        "tax_basis_points",
        "is_fraudster",
    )


def identities(rng: np.random.Generator, kind: str, channel: str, shop: str, persons: pl.DataFrame) -> pl.DataFrame:
    """How one shop knows these persons, in their order: as spelled there, masked, or without an e-mail."""
    known = persons.with_columns(
        pl.Series("variety", rng.integers(0, 10, len(persons))),
        pl.Series("uid", rng.integers(10**17, 10**18, len(persons))),
        pl.lit(channel).alias("channel"),
        pl.lit(shop).alias("shop"),
    )
    shown = {"own_shop": _own_account, "marketplace": _masked, "store": _membership}[kind]()
    return known.select("person_id", "channel", "shop", **shown)


def _own_account() -> dict[str, pl.Expr]:
    """Typed by the buyer at the checkout: family name first or last, a second spelling of the e-mail, at times no phone."""
    family_first = pl.col("name_zh").is_not_null() & (pl.col("variety") < 3)
    return {
        "customer_id": (7_200_000_000_000 + pl.col("number") * 4_099).cast(pl.String),
        "name": pl.when(family_first).then(pl.format("{} {}", "last", "first")).otherwise("name"),
        "email": pl.when(pl.col("variety") == 9).then(pl.col("email").str.replace(".", "", literal=True)).otherwise("email"),
        "phone": pl.when(pl.col("variety") < 8).then("phone"),
    }


def _masked() -> dict[str, pl.Expr]:
    """As a marketplace shows buyers since it protects them: first letters, last digits."""
    initial = pl.when(pl.col("name_zh").is_not_null()).then("surname_zh").otherwise(pl.col("first").str.slice(0, 1))
    mail = pl.format("{}***@{}", pl.col("email").str.slice(0, 1), pl.col("email").str.extract("@(.*)"))
    phone = pl.col("phone").str.strip_prefix("+86")
    return {
        "customer_id": pl.format("AAG{}", "uid"),
        "name": pl.format("{}**", initial),
        "email": pl.when(pl.col("variety") < 4).then(mail),
        "phone": pl.format("{}****{}", phone.str.slice(0, 3), phone.str.slice(-4)),
    }


def _membership() -> dict[str, pl.Expr]:
    """As the cashier wrote it down: a name or only Ms and Mr, a phone without the country, no e-mail."""
    title = pl.when(pl.col("gender") == "f").then(pl.lit("女士")).otherwise(pl.lit("先生"))
    full = pl.coalesce("name_zh", "name")
    return {
        "customer_id": pl.format("M{}", pl.col("number").cast(pl.String).str.zfill(7)),
        "name": pl.when(pl.col("variety") < 7).then(full).otherwise(pl.format("{}{}", "surname_zh", title)),
        "email": pl.lit(None, pl.String),
        "phone": pl.col("phone").str.strip_prefix("+86"),
    }
