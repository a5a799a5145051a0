"""How well and how fast people are recognised: labelled sets at the one threshold, beside shared keys alone, and many records.

python -m benchmarks.identity                   # labelled sets, then 100,000 made records
python -m benchmarks.identity --records 500000
python -m benchmarks.identity --labelled FILE.csv --truth COLUMN   # another set, columns named as `prepare` reads them
"""

import argparse
import resource
import time

import numpy as np
import polars as pl

from sluice.customers.clusters import STRONG, cluster
from sluice.customers.exact import exact_edges
from sluice.customers.link import link
from sluice.customers.records import prepare
from sluice.customers.score import Score, score
from tests.customers.people import fake_1000, febrl

GIVEN = [f"{start}{end}" for start in ("an", "be", "cla", "da", "em", "li") for end in ("na", "ra", "vid", "ma", "sa")]
FAMILY = 400
LIMIT = 90.0


def made(count: int, seed: int = 7) -> tuple[pl.DataFrame, np.ndarray]:
    """Customers of three kinds of shop: an own shop, a marketplace that masks, a till without addresses. Families share phones,
    e-mails collide, names are mistyped, people move. And whose each is."""
    rng = np.random.default_rng(seed)
    people = int(count * 0.6)
    given, family = rng.integers(0, 900, people), rng.zipf(1.4, people) % FAMILY
    first = np.array([f"{GIVEN[n % 30]}{GIVEN[(n // 30) % 30] if n >= 30 else ''}" for n in range(900)])[given]
    last = np.array([f"fam{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{'on' if n % 3 else 'er'}" for n in range(FAMILY)])[family]
    home = np.where(rng.random(people) < 0.05, rng.integers(0, people, people), np.arange(people))
    phone = rng.integers(0, 10**8, people)[home]
    person = rng.integers(0, people, count)
    kind = rng.choice(3, count, p=[0.45, 0.35, 0.2])
    moved, slip = rng.random(count) < 0.1, rng.random(count) < 0.04
    city = (rng.integers(0, 300, people)[person] + np.where(moved, rng.integers(1, 300, count), 0)) % 300
    rows = pl.DataFrame(
        {"first": first[person], "last": last[person], "phone": phone[person], "born": (person * 7919) % 90 + 10, "kind": kind}
    ).with_columns(
        city=pl.Series(city),
        slip=pl.Series(slip),
        has_phone=pl.Series(rng.random(count) < 0.8),
        variety=pl.Series(rng.integers(0, 10, count)),
    )
    number = pl.format("138{}", pl.col("phone").cast(pl.String).str.zfill(8))
    typed = pl.when("slip").then(pl.col("last").str.slice(0, 3) + pl.col("last").str.slice(4)).otherwise("last")
    mail = pl.format("{}.{}{}@mail.cn", "first", "last", "born")
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
        .then(pl.format("138****{}", number.str.slice(-4)))
        .when((pl.col("kind") == 2) | pl.col("has_phone"))
        .then(number),
        country=pl.lit("CN"),
        city=pl.when(pl.col("kind") < 2).then(pl.format("city {}", "city")),
    )
    return frame, person


def by_keys(records: pl.DataFrame) -> np.ndarray:
    """The peer: shared keys alone."""
    edges = exact_edges(prepare(records)).select("left", "right", strength=pl.lit(STRONG))
    return cluster(records.height, edges)


def told(name: str, records: pl.DataFrame, truth: np.ndarray) -> float:
    began, spent = time.monotonic(), time.process_time()
    found = score(truth, link(records).persons)
    seconds, spent = time.monotonic() - began, time.process_time() - spent
    keys = score(truth, by_keys(records))
    print(f"{name:<12} {_words(found)}; by keys alone {_words(keys)}")
    print(f"{'':<12} F1 x{found.f1 / max(keys.f1, 1e-9):.2f}; {seconds:.1f} s, {spent:.1f} cpu-s")
    return seconds


def _words(found: Score) -> str:
    return f"P {found.precision:.4f} R {found.recall:.4f} F1 {found.f1:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--labelled")
    parser.add_argument("--truth", default="cluster")
    asked = parser.parse_args()
    if asked.labelled:
        records = pl.read_csv(asked.labelled, infer_schema=False)
        told("labelled", records.drop(asked.truth), records[asked.truth].to_numpy())
        return
    told("FEBRL 1", *febrl())
    told("fake_1000", *fake_1000())
    seconds = told(f"{asked.records:,}", *made(asked.records))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{asked.records:,} records: {seconds:.1f} s, {seconds / LIMIT:.2f} of the limit for 500,000; {memory:,.0f} MB at most")


if __name__ == "__main__":
    main()
