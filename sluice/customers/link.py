"""Which records are one person: exact evidence, then likeness, then what people ruled."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sluice.customers.clusters import STRONG, Different, cluster
from sluice.customers.exact import exact_edges, without_crowds
from sluice.customers.probabilistic import Model, learn, likely_edges
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
class Known:
    """What an earlier run found: whether each record is fresh (new or changed since), the likely edges that were in force
    (columns of EDGES, records by position), and the model; without one it is learned anew."""

    fresh: pl.Series
    edges: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=EDGES))
    model: Model | None = None


@dataclass(frozen=True, slots=True)
class Linkage:
    """`persons`: a label for each record, shape (records,). `edges`: columns of EDGES, records by position, left < right."""

    persons: np.ndarray
    edges: pl.DataFrame
    model: Model


def link(records: pl.DataFrame, rulings: Rulings = Rulings(), known: Known | None = None) -> Linkage:
    """Resolve `records` (see `prepare` for the columns that are read; any may be missing) into persons.

    With `known`, only pairs that a fresh record is in are weighed, and an edge that was in force stays while it is likelier than
    not. The order of the records tells nothing: they are looked at in an order that follows from all that stands in them, so no
    column may tell of the run (when a record was read).
    """
    order = np.argsort(records.hash_rows(seed=1).to_numpy(), kind="stable").astype(np.int32)
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=np.int32)
    prepared = prepare(records[order])
    telling = without_crowds(prepared)
    model = known.model if known and known.model else learn(telling)
    before = known.edges if known else pl.DataFrame(schema=EDGES)
    weighed = _touched(before, known.fresh) if known else pl.Series([], dtype=pl.Boolean)
    fresh = known.fresh[order] if known else None
    likely = likely_edges(telling, model, fresh, _placed(before.filter(weighed), place))
    found = _edges(exact_edges(prepared), "exact", pl.struct("keys").struct.json_encode())
    # what is certain needs no likeness
    likely = likely.join(found, on=["left", "right"], how="anti").with_columns(method=pl.lit("probabilistic"))
    here = pl.concat([found, likely.select(list(EDGES))])
    edges = pl.concat([_manual(rulings), _placed(here, order), before.filter(~weighed)])
    strength = pl.col("method").replace_strict({"manual": 2 * STRONG, "exact": STRONG}, default=pl.col("weight"))
    inside = _placed(edges, place).select("left", "right", strength=strength)
    different = [(place[list(one)].tolist(), place[list(other)].tolist()) for one, other in rulings.different]
    labels = order[cluster(len(order), inside, different)][place]
    return Linkage(labels, edges, model)


def _touched(edges: pl.DataFrame, fresh: pl.Series) -> pl.Series:
    """Whether a fresh record is in the edge."""
    return fresh[edges["left"]] | fresh[edges["right"]]


def _placed(edges: pl.DataFrame, place: np.ndarray) -> pl.DataFrame:
    """The same edges between records at other positions, the smaller one left."""
    one, other = place[edges["left"].to_numpy()], place[edges["right"].to_numpy()]
    return edges.with_columns(
        left=pl.Series(np.minimum(one, other), dtype=pl.Int32), right=pl.Series(np.maximum(one, other), dtype=pl.Int32)
    )


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
