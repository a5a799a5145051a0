"""Keys that stay: who keeps the key of a person when records come together, part, or vanish."""

import uuid
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Keys:
    """`answers`: record, customer_key. `ended`: customer_key, merged_into (null where no record is left)."""

    answers: pl.DataFrame
    ended: pl.DataFrame


def keep_keys(records: pl.DataFrame, known: pl.DataFrame) -> Keys:
    """Give each cluster a key. Pure: the same input gives the same keys, in whatever order the rows come.

    records: record, cluster, own_key (of the record alone), customer_key (what it had; null where it is new).
    known: customer_key, created_at, is_alive, of all persons there are or were.

    A key goes to the cluster that has most of its records; a cluster that so gets several keeps the one of most records, then the
    oldest. One that gets none takes the own key of its first record that is free: so a record that leaves a person it was merged
    into by mistake gets back the key that it had before.
    """
    birth = known.select("customer_key", "created_at")
    claims = (
        records.drop_nulls("customer_key")
        .group_by("cluster", "customer_key")
        .agg(pl.len().alias("members"), pl.col("own_key").min().alias("first"))
        .join(birth, on="customer_key", how="left")
    )
    won = claims.sort("members", "first", descending=[True, False]).unique("customer_key", keep="first", maintain_order=True)
    kept = won.sort("members", "created_at", "customer_key", descending=[True, False, False]).unique("cluster", keep="first")
    clusters = records.select("cluster").unique().join(kept.select("cluster", "customer_key"), on="cluster", how="left")
    keyless = clusters.filter(pl.col("customer_key").is_null()).select("cluster")
    drawn = _drawn(records.join(keyless, on="cluster"), known.filter("is_alive")["customer_key"])
    named = pl.concat([clusters.drop_nulls(), drawn])
    answers = records.select("record", "cluster").join(named, on="cluster").select("record", "customer_key")
    # a key that nobody keeps lives on in the person who has most of its records
    lost = won.join(kept.select("customer_key"), on="customer_key", how="anti")
    ended = lost.join(named.rename({"customer_key": "merged_into"}), on="cluster").select("customer_key", "merged_into")
    return Keys(answers, ended)


def _drawn(records: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    """cluster, customer_key: the first own key that is no living person's; where there is none, one made of it."""
    own = records.select("cluster", "own_key").join(taken.to_frame("own_key"), on="own_key", how="anti")
    free = own.group_by("cluster").agg(pl.col("own_key").min().alias("customer_key"))
    none_free = records.join(free, on="cluster", how="anti").group_by("cluster").agg(pl.col("own_key").min())
    living = set(taken) if none_free.height else set()
    made = [(cluster, _next(key, living)) for cluster, key in none_free.iter_rows()]
    return pl.concat([free, pl.DataFrame(made, schema=free.schema, orient="row")])


def _next(key: str, taken: set[str]) -> str:
    while key in taken:
        key = str(uuid.uuid5(uuid.UUID(key), "parted"))
    return key
