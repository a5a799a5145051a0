"""How well the sandbox's people were recognised: their identities in the shops are known there, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl
from psycopg import Connection

from sluice.cli.environment import Environment
from sluice.customers.score import score

if TYPE_CHECKING:
    from sluice.sandbox.world import World


def held_against_truth(db: Connection, ready: Environment) -> dict[str, float] | None:
    """Records, persons, pairwise precision, recall and F1 of the records that the truth is known of; null without a sandbox."""
    from sluice.sandbox.world import World

    if ready.sandbox is None or ready.config.sandbox is None:
        return None
    rows = db.execute("select channel, shop, customer_id, customer_key::text from customers.crosswalk").fetchall()
    schema = dict.fromkeys(("channel", "shop", "customer_id", "customer_key"), pl.String)
    truth = _truth(db, World.generate(ready.config.sandbox.seed, ready.config.sandbox.orders))
    held = pl.DataFrame(rows, schema=schema, orient="row").join(truth, on=["channel", "shop", "customer_id"])
    if held.is_empty():
        return None
    found = score(held["person_id"].to_numpy(), held["customer_key"].to_numpy())
    measures = {"precision": found.precision, "recall": found.recall, "f1": found.f1}
    counts = {"records": held.height, "persons": held["customer_key"].n_unique(), "true_pairs": found.true_pairs}
    return counts | {name: round(value, 4) for name, value in measures.items()}


def _truth(db: Connection, world: World) -> pl.DataFrame:
    """channel, shop, customer_id, person_id: accounts as the shops number them, guests by the orders that they placed."""
    of_order = world.orders.filter("is_guest").select("channel", "shop", "order_id", "person_id")
    guests = db.execute(
        "select channel, shop, order_id, customer_id from marts.fct_orders where customer_id like 'guest:%'"
    ).fetchall()
    schema = dict.fromkeys(("channel", "shop", "order_id", "customer_id"), pl.String)
    placed = pl.DataFrame(guests, schema=schema, orient="row").join(of_order, on=["channel", "shop", "order_id"])
    columns = ("channel", "shop", "customer_id", "person_id")
    return pl.concat([world.identities.select(columns), placed.select(columns).unique()])


def told(identity: Mapping[str, float]) -> str:
    return (
        "Who is who: {records:,} customers of the shops are {persons:,} persons; of the sandbox's {true_pairs:,} true pairs "
        "recall {recall:.3f}, precision {precision:.3f}, F1 {f1:.3f}."
    ).format(**identity)
