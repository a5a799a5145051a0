"""Which records are one person: exact evidence, then likeness, then what people ruled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.customers.clusters import STRONG, Different, cluster
from sluice.customers.exact import exact_edges
from sluice.customers.records import prepare

EDGES = {
    "left": pl.Int32,
    "right": pl.Int32,
    "method": pl.String,
    "evidence": pl.String,
    "weight": pl.Float64,
    "probability": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Rulings:
    """What people decided, records by position: groups that are one person, and pairs of groups that are not."""

    same: Sequence[Sequence[int]] = ()
    different: Sequence[Different] = ()


@dataclass(frozen=True, slots=True)
class Linkage:
    """`persons`: a label for each record, shape (records,). `edges`: columns of EDGES, records by position, left < right."""

    persons: np.ndarray
    edges: pl.DataFrame


def link(records: pl.DataFrame, rulings: Rulings = Rulings()) -> Linkage:
    """Resolve `records` (see `prepare` for the columns that are read; any may be missing) into persons."""
    prepared = prepare(records)
    edges = pl.concat([_manual(rulings), _exact(prepared)])
    strengths = edges.select(
        "left",
        "right",
        strength=pl.when(pl.col("method") == "manual")
        .then(2 * STRONG)
        .when(pl.col("method") == "exact")
        .then(STRONG)
        .otherwise("weight"),
    )
    return Linkage(cluster(records.height, strengths, rulings.different), edges)


def _exact(prepared: pl.DataFrame) -> pl.DataFrame:
    found = exact_edges(prepared)
    return _edges(found, "exact", pl.struct("keys").struct.json_encode())


def _manual(rulings: Rulings) -> pl.DataFrame:
    """Each group's first record with every other."""
    pairs = sorted({(min(one), other) for one in rulings.same for other in one if other != min(one)})
    return _edges(pl.DataFrame(pairs, schema=["left", "right"], orient="row"), "manual", pl.lit("{}"))


def _edges(pairs: pl.DataFrame, method: str, evidence: pl.Expr) -> pl.DataFrame:
    return pairs.select(
        pl.col("left").cast(pl.Int32),
        pl.col("right").cast(pl.Int32),
        method=pl.lit(method),
        evidence=evidence,
        weight=pl.lit(None, pl.Float64),
        probability=pl.lit(1.0),
    )
