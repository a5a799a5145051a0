"""Splink, set up: on a DuckDB in memory, quiet, with the blocks as columns of the records."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from sluice.customers.blocking import blocks
from sluice.customers.comparisons import ALL


@contextlib.contextmanager
def linker(prepared: pl.DataFrame, model: dict[str, Any], fresh: pl.Series | None = None) -> Iterator[Any]:
    """Splink's linker over the records. `fresh`, boolean a record: predict only pairs that one of these is in."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    blocked = blocks(prepared).with_columns(
        is_fresh=pl.lit(True) if fresh is None else fresh,
        # How rare a whole name is, by its parts: those who have the same one are counted by themselves otherwise.
        tf_full_name=pl.when(pl.col("full_name").is_not_null()).then(_share("given") * _share("surname")),
    )
    names = [name for name in blocked.columns if name.startswith("b_")]
    one_is_fresh = "" if fresh is None else " and (l.is_fresh or r.is_fresh)"
    # without a rule Splink compares everybody with everybody
    rules = [{"blocking_rule": f'l."{name}" = r."{name}"{one_is_fresh}'} for name in names] or [{"blocking_rule": "1 = 0"}]
    read = {column for one in ALL for column in one.columns}
    with duckdb.connect() as db, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        db.register("prepared", blocked.select("record", "is_fresh", "tf_full_name", *sorted(read), *names).to_arrow())
        db.execute("create table records as select * from prepared")
        settings = SettingsCreator.from_path_or_dict(model | {"blocking_rules_to_generate_predictions": rules})
        made = Linker(DuckDBAPI(connection=db).register("records"), settings)
        # it sets up its own log as it is made, and tells of every iteration
        logging.getLogger("splink").setLevel(logging.CRITICAL)
        yield made


def _share(column: str) -> pl.Expr:
    return pl.len().over(column) / pl.col(column).count()
