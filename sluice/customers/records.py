"""Customer records as linkage reads them: whatever columns a source has, normalized; unknown where it has none."""

import polars as pl

from sluice.customers.email import email, mailbox
from sluice.customers.names import read_names
from sluice.customers.phone import phone, visible
from sluice.customers.unknown import unmasked

TEXT = ("channel", "name", "email", "phone", "country", "region", "city", "buyer_id", "loyalty_id", "national_id")


def prepare(records: pl.DataFrame) -> pl.DataFrame:
    """One row a record, `record` (int32) its position, with the columns of TEXT that `records` has, and what is read of them:

    tokens, hint, script of the name; phone in E.164; tail, the visible end of a masked phone; email; mailbox.
    buyer_id is the platform's stable id of the person, the same in all of its shops. What a source lacks is null.
    """
    given = records.select(
        pl.int_range(pl.len(), dtype=pl.Int32).alias("record"),
        *(pl.col(name).cast(pl.String) if name in records.columns else pl.lit(None, pl.String).alias(name) for name in TEXT),
    )
    return given.with_columns(
        *read_names(given["name"]),
        *(unmasked(pl.col(name)) for name in ("region", "city", "buyer_id", "loyalty_id", "national_id")),
        phone=phone(given["phone"], given["country"]),
        tail=visible(pl.col("phone")),
        email=email(pl.col("email")),
    ).with_columns(mailbox=mailbox(pl.col("email")))
