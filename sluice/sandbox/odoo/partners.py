"""res.partner: warehouses' addresses and suppliers; once somebody asks for sales, customers and whom their orders are sent to."""

import polars as pl

from sluice.sandbox.odoo import shop
from sluice.sandbox.odoo.purchases import suppliers
from sluice.sandbox.state import SandboxState

FIRST_RECIPIENT = 9_000_000_000_000
NAMES = ("id", "name", "email", "phone", "city", "state_id", "state_id.name", "country_code")


def partners(state: SandboxState) -> pl.DataFrame:
    found = [_places(state), _suppliers(state)]
    if shop.is_open(state):
        found += [_customers(state), _recipients(state)]
    missing = pl.DataFrame(schema={"email": pl.String, "phone": pl.String})
    return pl.concat([*found, missing], how="diagonal").select(*NAMES, pl.lit(True).alias("active"))


def recipient(state: SandboxState) -> pl.DataFrame:
    """By person, the address that is theirs where another orders for them."""
    return state.world.persons.select(
        pl.col("person_id").alias("ship_to_person_id"),
        (FIRST_RECIPIENT + pl.col("number")).alias("recipient"),
        pl.col("name").alias("recipient_name"),
    )


def _places(state: SandboxState) -> pl.DataFrame:
    return state.world.facilities.with_row_index("row").select(
        (pl.col("row").cast(pl.Int64) + 11).alias("id"),
        "name", "city",
        (pl.col("row").cast(pl.Int64) + 501).alias("state_id"),
        pl.format("{} ({})", "region", "country").alias("state_id.name"),
        pl.col("country").alias("country_code"),
    )  # fmt: skip


def _suppliers(state: SandboxState) -> pl.DataFrame:
    return suppliers(state).select(pl.col("partner_id").alias("id"), pl.col("partner_id.name").alias("name"))


def _customers(state: SandboxState) -> pl.DataFrame:
    known = shop.view(state).customers().join(_homes(state), on="person_id")
    return known.select(pl.col("customer_id").cast(pl.Int64).alias("id"), *NAMES[1:])


def _recipients(state: SandboxState) -> pl.DataFrame:
    others = shop.orders(state).filter(pl.col("ship_to_person_id") != pl.col("person_id")).select("ship_to_person_id").unique()
    known = others.join(recipient(state), on="ship_to_person_id")
    return known.join(_homes(state), left_on="ship_to_person_id", right_on="person_id").select(
        pl.col("recipient").alias("id"), pl.col("recipient_name").alias("name"), *NAMES[4:]
    )


def _homes(state: SandboxState) -> pl.DataFrame:
    named = pl.format("{} ({})", "region", "country")
    return state.world.persons.select(
        "person_id",
        "city",
        (named.rank("dense").cast(pl.Int64) + 600).alias("state_id"),
        named.alias("state_id.name"),
        pl.col("country").alias("country_code"),
    )
