"""Whose each customer record is: read from the live unified view, resolved, and kept with its reasons and its past."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, LiteralString

import polars as pl
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.channels.registry import connectors
from sluice.customers.keys import keep_keys
from sluice.customers.link import EDGES, Known, Linkage, Rulings, link
from sluice.customers.probabilistic import LEAST_RECORDS, THRESHOLD
from sluice.operations import frames

GROWN = 1.2
"""A model is learned anew when there are so many times the records that it was learned from."""
GUEST = "guest:"
"""What the id of a record begins with that was made of an order without an account (`secrets.guest_id`)."""
LOCK = 7_291_011
"""Advisory lock: who decides on persons does it alone, a run of identity or a person who merges or parts."""
ID = ("channel", "shop", "customer_id")
TEXT = (*ID, "name", "email", "phone", "country", "region", "city", "own_key", "customer_key", "seen_at", "loaded_at")
READ = """
select customers.channel, customers.shop, customers.customer_id, name, email, phone, country, region, city,
    customers.own_key(customers.channel, customers.shop, customers.customer_id) as own_key,
    crosswalk.customer_key, crosswalk.seen_at, customers.loaded_at
from unified.customers as customers
left join customers.crosswalk as crosswalk on customers.channel collate "C" = crosswalk.channel
    and customers.shop collate "C" = crosswalk.shop and customers.customer_id collate "C" = crosswalk.customer_id
"""
STAND: LiteralString = """
select
    (select count(*) from customers.crosswalk) as records,
    (select count(distinct customer_key) from customers.crosswalk) as persons,
    count(*) filter (where method = 'exact') as exact_edges,
    count(*) filter (where method = 'probabilistic') as probabilistic_edges,
    count(*) filter (where method = 'manual') as manual_edges
from customers.edges where ended_at is null
"""


@dataclass(frozen=True, slots=True)
class Identified:
    """`changed`: records that were new, changed or gone. `stand`: what is in force now."""

    changed: int
    stand: Mapping[str, int]


def identify(db: Connection, full: bool = False) -> Identified:
    """Resolve what changed since the last run; `full` learns anew and weighs everything. One transaction; idempotent."""
    with db.transaction():
        db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        records = frames.read(db, READ, dict.fromkeys(TEXT, pl.String)).sort(ID)
        changed = records.filter(pl.col("seen_at").ne_missing(pl.col("loaded_at"))).height + _gone(db)
        if changed or full or _ruled_since(db):
            _decide(db, records, changed, full)
        return Identified(changed, _stand(db))


def _decide(db: Connection, records: pl.DataFrame, changed: int, full: bool) -> None:
    known = _known(db, records, full)
    settings = Jsonb({"threshold": THRESHOLD, "splink": version("splink")})
    is_full = known.model is None
    run_id = _one(db, "insert into customers.runs (is_full, settings) values (%s, %s) returning run_id", is_full, settings)
    # when a record was read, and whose it was, is no part of what it says
    told = records.drop("customer_key", "seen_at", "loaded_at").with_columns(buyer_id=_buyer_id(), guest=_guest())
    linkage = link(told, _rulings(db, records), known)
    if is_full:
        db.execute("insert into customers.models (records, parameters) values (%s, %s)", (records.height, Jsonb(linkage.model)))
    _keep(db, run_id, records, linkage)
    _keep_edges(db, run_id, records, linkage)
    db.execute(
        """
        update customers.runs set finished_at = clock_timestamp(), changed = %(changed)s, records = %(records)s,
            persons = %(persons)s, exact_edges = %(exact_edges)s, probabilistic_edges = %(probabilistic_edges)s,
            manual_edges = %(manual_edges)s
        where run_id = %(run_id)s
        """,
        {**_stand(db), "changed": changed, "run_id": run_id},
    )


def _buyer_id() -> pl.Expr:
    """The customer's id where the whole platform knows the buyer by it."""
    platforms = [name for name, connector in connectors().items() if connector.has_one_buyer_id]
    return pl.when(pl.col("channel").is_in(platforms)).then("customer_id")


def _guest() -> pl.Expr:
    """The id, of a guest alone: two accounts of one shop are mostly two people, two orders of a guest's are not."""
    return pl.when(pl.col("customer_id").str.starts_with(GUEST)).then("customer_id")


def _keep(db: Connection, run_id: str, records: pl.DataFrame, linkage: Linkage) -> None:
    """The answers of this run, the old ones in the history."""
    known = frames.read(
        db,
        "select customer_key, created_at, ended_at is null as is_alive from customers.keys",
        {"customer_key": pl.String, "created_at": pl.String, "is_alive": pl.String},
    ).with_columns(pl.col("is_alive") == "t")
    clustered = records.with_row_index("record").with_columns(cluster=pl.Series(linkage.persons))
    keys = keep_keys(clustered.select("record", "cluster", "own_key", "customer_key"), known)
    found = clustered.join(keys.answers.rename({"customer_key": "found"}), on="record").select(*ID, "found", "loaded_at")
    db.execute(
        """
        create temporary table found (channel text collate "C", shop text collate "C", customer_id text collate "C",
            customer_key uuid, loaded_at timestamptz);
        create temporary table ended (customer_key uuid, merged_into uuid)
        """
    )
    frames.write(db, "pg_temp.found", found.rename({"found": "customer_key"}))
    frames.write(db, "pg_temp.ended", keys.ended)
    db.execute("analyze found")
    for step in _KEEP:
        db.execute(step, {"run_id": run_id})


_KEEP: tuple[LiteralString, ...] = (
    """
    insert into customers.keys as keys (customer_key) select distinct customer_key from found
    on conflict (customer_key) do update set ended_at = null, merged_into = null where keys.ended_at is not null
    """,
    """
    update customers.crosswalk as old set customer_key = found.customer_key, run_id = %(run_id)s, since_at = clock_timestamp(),
        seen_at = found.loaded_at,
        reason = case when exists (select from ended where ended.customer_key = old.customer_key) then 'merged' else 'split' end
    from found
    where (old.channel, old.shop, old.customer_id) = (found.channel, found.shop, found.customer_id)
        and old.customer_key <> found.customer_key
    """,
    """
    update customers.crosswalk as old set seen_at = found.loaded_at from found
    where (old.channel, old.shop, old.customer_id) = (found.channel, found.shop, found.customer_id)
        and old.seen_at is distinct from found.loaded_at
    """,
    """
    insert into customers.crosswalk (channel, shop, customer_id, customer_key, run_id, reason, seen_at)
    select channel, shop, customer_id, customer_key, %(run_id)s, 'new', loaded_at from found
    where not exists (
        select from customers.crosswalk as old
        where (old.channel, old.shop, old.customer_id) = (found.channel, found.shop, found.customer_id)
    )
    """,
    """
    delete from customers.crosswalk as old
    where not exists (
        select from found where (old.channel, old.shop, old.customer_id) = (found.channel, found.shop, found.customer_id)
    )
    """,
    "update customers.keys as old set ended_at = now(), merged_into = ended.merged_into from ended "
    "where old.customer_key = ended.customer_key",
    """
    update customers.keys as old set ended_at = now()
    where ended_at is null and not exists (select from customers.crosswalk where crosswalk.customer_key = old.customer_key)
    """,
    "drop table found, ended",
)


def _keep_edges(db: Connection, run_id: str, records: pl.DataFrame, linkage: Linkage) -> None:
    """Reasons that hold no longer end; those that hold already stay as they were given."""
    ids = records.select(ID).with_row_index("record").with_columns(pl.col("record").cast(pl.Int32))
    sides = [ids.rename({"record": side, **{name: f"{side}_{name}" for name in ID}}) for side in ("left", "right")]
    wanted = linkage.edges.join(sides[0], on="left").join(sides[1], on="right").drop("left", "right")
    db.execute(
        """
        create temporary table wanted (
            left_channel text collate "C", left_shop text collate "C", left_customer_id text collate "C",
            right_channel text collate "C", right_shop text collate "C", right_customer_id text collate "C",
            method text, evidence jsonb, weight double precision, probability double precision)
        """
    )
    frames.write(db, "pg_temp.wanted", wanted)
    db.execute("analyze wanted")
    db.execute(
        """
        update customers.edges as old set ended_at = now()
        where ended_at is null and not exists (
            select from wanted as w
            where (w.left_channel, w.left_shop, w.left_customer_id, w.right_channel, w.right_shop, w.right_customer_id, w.method)
                = (old.left_channel, old.left_shop, old.left_customer_id,
                    old.right_channel, old.right_shop, old.right_customer_id, old.method)
        )
        """
    )
    db.execute(
        """
        insert into customers.edges (left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id,
            method, evidence, weight, probability, run_id)
        select left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id,
            method, evidence, weight, probability, %s
        from wanted
        on conflict (left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id, method)
            where ended_at is null do nothing
        """,
        (run_id,),
    )
    db.execute("drop table wanted")


def _rulings(db: Connection, records: pl.DataFrame) -> Rulings:
    """What people decided, of the records that there are."""
    ruled = frames.read(
        db,
        "select ruling_id, kind, side, channel, shop, customer_id from customers.rulings join customers.ruling_records "
        "using (ruling_id) where revoked_at is null",
        {"ruling_id": pl.Int64, "kind": pl.String, "side": pl.String, **dict.fromkeys(ID, pl.String)},
    )
    placed = ruled.join(records.select(ID).with_row_index("record"), on=ID).sort("ruling_id", "record")
    groups: dict[tuple[int, str], dict[str, list[int]]] = {}
    for ruling, kind, side, record in placed.select("ruling_id", "kind", "side", "record").iter_rows():
        groups.setdefault((ruling, kind), {"left": [], "right": []})[side].append(record)
    return Rulings(
        same=[one["left"] + one["right"] for (_, kind), one in groups.items() if kind == "same"],
        different=[(one["left"], one["right"]) for (_, kind), one in groups.items() if kind == "different"],
    )


def _known(db: Connection, records: pl.DataFrame, full: bool) -> Known:
    """What stays of earlier runs. Where nothing was learned yet, or from far fewer records, all are fresh, without a model."""
    row = db.execute("select records, parameters from customers.models order by model_id desc limit 1").fetchone()
    anew = full or row is None or records.height > GROWN * max(row[0], LEAST_RECORDS)
    fresh = records["seen_at"].ne_missing(records["loaded_at"]) | anew
    edges = frames.read(db, _LIKELY, {**{f"{side}_{name}": pl.String for side in SIDES for name in ID}, **_WEIGHED})
    ids = records.select(ID).with_row_index("record")
    for side in SIDES:
        names = {name: f"{side}_{name}" for name in ID} | {"record": side}
        edges = edges.join(ids.rename(names), on=[f"{side}_{name}" for name in ID])
    placed = edges.with_columns(pl.col("left", "right").cast(pl.Int32), method=pl.lit("probabilistic")).select(list(EDGES))
    return Known(fresh, placed, None if anew or row is None else row[1])


SIDES = ("left", "right")
_WEIGHED = {"evidence": pl.String, "weight": pl.Float64, "probability": pl.Float64}
_LIKELY = """
select left_channel, left_shop, left_customer_id, right_channel, right_shop, right_customer_id, evidence, weight, probability
from customers.edges where ended_at is null and method = 'probabilistic'
"""


def _ruled_since(db: Connection) -> bool:
    """Whether a ruling was made or taken back since the last run."""
    return bool(
        _one(
            db,
            "select coalesce(max(greatest(ruled_at, revoked_at)) > coalesce((select max(started_at) from customers.runs), "
            "'-infinity'), false) from customers.rulings",
        )
    )


def _gone(db: Connection) -> int:
    """Records that had an answer and are no more."""
    return int(
        _one(
            db,
            "select count(*) from customers.crosswalk where (channel, shop, customer_id) not in "
            '(select channel collate "C", shop collate "C", customer_id collate "C" from unified.customers)',
        )
    )


def _stand(db: Connection) -> dict[str, int]:
    cursor = db.execute(STAND)
    row = cursor.fetchone()
    assert row is not None
    assert cursor.description is not None
    return {column.name: int(value) for column, value in zip(cursor.description, row, strict=True)}


def _one(db: Connection, query: LiteralString, *values: Any) -> Any:
    row = db.execute(query, values).fetchone()
    assert row is not None
    return row[0]
