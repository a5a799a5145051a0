"""What the twin orders by: the levels that a plan of that morning sets, under each policy that a scenario asks for."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
from psycopg import Connection

from sluice.operations.forecast import believed
from sluice.operations.kept_levels import levels
from sluice.operations.levels import levels_of, purchases
from sluice.planning.lead_time import supply
from sluice.planning.replenishment.terms import with_terms
from sluice.planning.twin.history import Records
from sluice.planning.twin.kept import Kept, kept
from sluice.planning_policy import Planning

ALLOWED = ("minimum_pieces", "multiple", "shelf_pieces")


def kept_on(db: Connection, records: Records, policies: Sequence[Planning], back: int) -> list[Kept]:
    """Of each policy once, `back` days before the records end, from the demand before that day. The forecast is only believed for
    days to come: one for days that are over knows them."""
    start = records.until - timedelta(days=back)
    facilities, skus = list(records.facilities), list(records.skus)
    items = pl.DataFrame({"facility_id": facilities}).join(pl.DataFrame({"sku": skus}), how="cross")
    bought, made = purchases(db), list[Kept]()
    for at, policy in enumerate(policies):
        if policy in policies[:at]:
            continue
        held = (
            levels_of(db, items, policy, start, None) if back else levels(db, items, policy, start, believed(db, policy, start))
        )
        sold = with_terms(supply(items.select("sku").unique(), bought, policy), policy.replenishment.suppliers)
        made.append(kept(held.join(sold.select("sku", *ALLOWED), on="sku", how="left"), facilities, skus, start, policy))
    return made
