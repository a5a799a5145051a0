"""How well and how fast people are recognised: labelled sets at the one threshold, beside shared keys alone, and many records.

python -m benchmarks.identity                   # labelled sets, then 100,000 made records
python -m benchmarks.identity --records 500000
python -m benchmarks.identity --labelled FILE.csv --truth COLUMN   # another set, a row a record
"""

import argparse
import resource
import time

import numpy as np
import polars as pl

from sluice.customers.clusters import STRONG, cluster
from sluice.customers.exact import exact_edges
from sluice.customers.headers import as_read
from sluice.customers.link import link
from sluice.customers.records import prepare
from sluice.customers.score import Score, score
from tests.customers.people import fake_1000, febrl
from tests.customers.shops import shops

LIMIT = 90.0


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
    times = f"F1 x{found.f1 / keys.f1:.2f}; " if keys.f1 else ""
    print(f"{'':<12} {times}{seconds:.1f} s, {spent:.1f} cpu-s")
    return seconds


def _words(found: Score) -> str:
    return f"P {found.precision:.4f} R {found.recall:.4f} F1 {found.f1:.4f}"


def read(path: str) -> pl.DataFrame:
    """A file of any separator, every cell as text; bytes that are no UTF-8 are passed over."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    separator = max(",;\t|", key=header.count)
    return pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--labelled")
    parser.add_argument("--truth", default="cluster")
    asked = parser.parse_args()
    if asked.labelled:
        records = read(asked.labelled)
        told("labelled", as_read(records.drop(asked.truth)), records[asked.truth].to_numpy())
        return
    told("FEBRL 1", *febrl())
    told("fake_1000", *fake_1000())
    seconds = told(f"{asked.records:,}", *shops(asked.records))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{asked.records:,} records: {seconds:.1f} s, {seconds / LIMIT:.2f} of the limit for 500,000; {memory:,.0f} MB at most")


if __name__ == "__main__":
    main()
