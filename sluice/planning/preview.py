"""What a plan would change of the numbers in force, a channel and a SKU."""

from dataclasses import dataclass

import polars as pl

from sluice.planning.demand import CHANNEL, ITEM

KEY = [*CHANNEL, "sku"]


@dataclass(frozen=True, slots=True)
class Preview:
    """`channels`: channel, shop, skus_up, skus_down, skus_unchanged, pieces_before, pieces_after. `changes`: channel, shop, sku,
    before, after, rule, largest change first; a number is the SKU's over its facilities, `rule` is that of the facility that
    changes most."""

    channels: pl.DataFrame
    changes: pl.DataFrame


def preview(in_force: pl.DataFrame, quotas: pl.DataFrame) -> Preview:
    """`in_force` has facility_id, sku, channel, shop, published; `quotas` is what a plan would decide.

    A number in force that the plan doesn't decide, since stock isn't known, stays: nothing is published for it.
    """
    before = in_force.select(*ITEM, *CHANNEL, before="published")
    rows = (
        quotas.select(*ITEM, *CHANNEL, "rule", after="published")
        .join(before, on=ITEM + CHANNEL, how="full", coalesce=True)
        .with_columns(pl.col("before").fill_null(0), pl.coalesce("after", "before").alias("after"))
        .with_columns(change=pl.col("after") - pl.col("before"))
    )
    skus = (
        rows.sort(pl.col("change").abs(), "facility_id", descending=[True, False])
        .group_by(KEY, maintain_order=True)
        .agg(pl.col("before").sum(), pl.col("after").sum(), pl.col("rule").first())
    )
    change = pl.col("after") - pl.col("before")
    channels = (
        skus.group_by(CHANNEL)
        .agg(
            skus_up=(change > 0).sum().cast(pl.Int64),
            skus_down=(change < 0).sum().cast(pl.Int64),
            skus_unchanged=(change == 0).sum().cast(pl.Int64),
            pieces_before=pl.col("before").sum(),
            pieces_after=pl.col("after").sum(),
        )
        .sort(CHANNEL)
    )
    changes = skus.filter(change != 0).sort(change.abs(), *KEY, descending=[True, False, False, False])
    return Preview(channels, changes)
