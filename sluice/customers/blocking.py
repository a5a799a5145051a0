"""Which pairs are looked at: those that share two things, or one that is rare, and no more of them than a run can afford."""

import polars as pl

LEAST_PAIRS, PAIRS_A_RECORD = 1_000_000, 3
"""Budget of pairs of one rule. Its largest blocks are left out until the rest fits in."""

RULES: tuple[tuple[str, ...], ...] = (
    ("mailbox",),
    ("phone",),
    ("national_id",),
    ("full_name",),
    ("given:3", "surname:4"),
    ("surname", "birth_date"),
    ("given", "birth_date"),
    ("surname", "postcode"),
    ("given", "postcode"),
    ("surname", "city", "given:1"),
    ("given", "city", "surname:1"),
    ("birth_date", "postcode"),
    ("birth_date", "city"),
    ("birth_date", "birth_place"),
    ("birth_date", "region"),
    ("mailbox_name",),
    ("given:2", "surname:2", "birth_date:4"),
    ("street", "given"),
    ("street", "surname"),
    ("street", "street_number"),
    ("postcode", "street"),
    ("postcode:3", "surname", "given:1"),
    ("street", "city"),
    ("address", "surname"),
    ("address", "given"),
    ("address", "city"),
    ("address", "postcode"),
    ("birth_date", "street"),
    ("birth_date", "address"),
    ("birth_place", "surname"),
    ("birth_place", "given", "surname:1"),
    ("birth_place", "postcode"),
    ("birth_place", "occupation", "birth_date:4"),
    ("occupation", "surname"),
    ("occupation", "postcode"),
    ("tail", "surname"),
    ("tail", "city"),
)


def blocks(prepared: pl.DataFrame) -> pl.DataFrame:
    """`prepared` with a column b_0, b_1, ... a rule that applies: a record's block, null where it is alone or in one too large.

    A part of a rule is a column, or its first letters ("given:3").
    """
    budget = max(LEAST_PAIRS, PAIRS_A_RECORD * prepared.height)
    found = []
    for number, rule in enumerate(RULES):
        values = [_value(one) for one in rule]
        key = pl.concat_str(*values, separator="\x1f").hash(seed=1)
        block = prepared.select(pl.when(pl.all_horizontal(value.is_not_null() for value in values)).then(key).alias("block"))
        affordable = _affordable(block, budget).rename({"block": f"b_{number}"})
        if affordable[f"b_{number}"].null_count() < prepared.height:
            found.append(affordable)
    return pl.concat([prepared, *found], how="horizontal")


def part(text: str) -> tuple[str, int | None]:
    """Column and number of first letters of "given:3"."""
    name, _, letters = text.partition(":")
    return name, int(letters) if letters else None


def _value(text: str) -> pl.Expr:
    name, letters = part(text)
    return pl.col(name).str.slice(0, letters)


def _affordable(block: pl.DataFrame, budget: int) -> pl.DataFrame:
    """Null for blocks above the size up to which all blocks together have no more pairs than `budget`."""
    sizes = block.drop_nulls().group_by("block").len().filter(pl.col("len") > 1)
    pairs = sizes.group_by("len").agg(pairs=(pl.col("len") * (pl.col("len") - 1) // 2).sum()).sort("len")
    largest = pairs.filter(pl.col("pairs").cum_sum() <= budget)["len"].max() or 0
    kept = sizes.filter(pl.col("len") <= largest).select("block", is_kept=pl.lit(True))
    return block.join(kept, on="block", how="left", maintain_order="left").select(pl.when("is_kept").then("block").alias("block"))
