"""Exact evidence: two records that share a key which names one person, unless it turns out to name several."""

import duckdb
import polars as pl

from sluice.customers.likeness import names_disagree

CERTAIN = ("buyer_id", "loyalty_id", "national_id")
"""Given out by somebody who knows the person: names are not asked."""
TYPED = ("email", "phone")
"""Typed by whoever ordered: families, forwarders and shop assistants share them."""
MOST = 50
"""Records under one key from which on it is nobody's: a forwarder's phone, a till's default e-mail."""
MOST_DISAGREEING = 4
"""The same where names under it disagree: a family has a few members, whose records may still be told apart by name."""
CROWD = 8
"""Different names from which on a phone or mailbox tells nothing, not even a little."""
EDGES = pl.Schema({"left": pl.Int32(), "right": pl.Int32(), "keys": pl.List(pl.String)})


def exact_edges(prepared: pl.DataFrame) -> pl.DataFrame:
    """left, right (records, left < right) and keys (which of CERTAIN and TYPED they share), a row a pair.

    `prepared` has record, tokens, hint, script, and any of the keys as columns; `mailbox` stands for e-mail.
    A typed key is evidence where the names under it do not disagree. Where they do, and they are few, it is evidence between
    records whose names are both told and agree. Two accounts of one shop that share one typed key
    and differ in the other stay two.
    """
    keys = [name for name in CERTAIN if name in prepared.columns] + list(TYPED)
    values = [
        prepared.select("record", pl.lit(name).alias("key"), _value(name, prepared.columns).alias("value")).drop_nulls("value")
        for name in keys
    ]
    shared = pl.concat(values).filter(pl.len().over("key", "value").is_between(2, MOST))
    if shared.is_empty():
        return pl.DataFrame(schema=EDGES)
    names = prepared.select("record", "tokens", "hint", "script", "channel", "shop", "guest", "phone", "mailbox")
    with duckdb.connect() as db:
        db.register("shared", shared.to_arrow())
        db.register("names", names.to_arrow())
        found: pl.DataFrame = db.sql(_PAIRS).pl()
        return found.cast(EDGES)


def without_crowds(prepared: pl.DataFrame) -> pl.DataFrame:
    """`prepared` without the phones and mailboxes that stand beside more than CROWD different names: they are nobody's."""
    for key, columns in (("phone", ("phone", "shown", "tail")), ("mailbox", ("mailbox", "mailbox_name"))):
        names = prepared.filter(pl.col("tokens").list.len() > 0).group_by(key).agg(pl.col("tokens").list.join(" ").n_unique())
        crowd = names.drop_nulls(key).filter(pl.col("tokens") > CROWD)[key]
        if len(crowd):
            is_crowd = pl.col(key).is_in(crowd.implode()).fill_null(False)
            prepared = prepared.with_columns(pl.when(~is_crowd).then(pl.col(*columns)).name.keep())
    return prepared


def _value(key: str, columns: list[str]) -> pl.Expr:
    if key == "buyer_id":
        # a platform's id means something on that platform only
        return pl.format("{} {}", "channel", "buyer_id") if "channel" in columns else pl.col("buyer_id")
    return pl.col("mailbox" if key == "email" else key)


_PAIRS = f"""
with pairs as (
    select a.key, a.value, a.record as "left", b.record as "right",
        {names_disagree("l", "r")} as disagree,
        (l.channel = r.channel and l.shop = r.shop and l.guest is null and r.guest is null and (
            a.key = 'email' and l.phone <> r.phone or a.key = 'phone' and l.mailbox <> r.mailbox
        )) is true as two_accounts,
        (len(l.tokens) > 0 or l.hint is not null) and (len(r.tokens) > 0 or r.hint is not null) as told
    from shared as a
    join shared as b on a.key = b.key and a.value = b.value and a.record < b.record
    join names as l on l.record = a.record
    join names as r on r.record = b.record
),
judged as (
    select *, bool_or(disagree) over same as any_disagree, count(*) over same as pairs_of_key
    from pairs
    window same as (partition by key, value)
)
select "left", "right", list(key order by key) as keys
from judged
where key in ({", ".join(f"'{key}'" for key in CERTAIN)})
    or not two_accounts and (
        not any_disagree
        or pairs_of_key <= {MOST_DISAGREEING * (MOST_DISAGREEING - 1) // 2} and told and not disagree
    )
group by 1, 2
"""
