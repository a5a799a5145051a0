"""By which policy each item is ordered, and what that policy weighs: the last entry that matches says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.globs import matcher
from sluice.planning.inventory.policies import NEWSVENDOR, PERIODIC, Costs
from sluice.supply_policy import ItemPolicy

COLUMNS = {
    "policy": pl.String,
    "waiting_cost": pl.Float64,
    "season_ends": pl.Date,
    "price": pl.Float64,
    "salvage": pl.Float64,
}
DAYS_A_YEAR = 365.0


def with_policies(items: pl.DataFrame, policies: Sequence[ItemPolicy]) -> pl.DataFrame:
    """`items` (sku, abc; supplier_id, supplier, category and catalogue_price where known) with COLUMNS; periodic where no entry
    matches. Money in the base currency."""
    known = ("sku", "abc", "supplier_id", "supplier", "category", "catalogue_price")
    whole = items.with_columns(pl.lit(None, pl.String).alias(name) for name in known[2:5] if name not in items.columns)
    if "catalogue_price" not in whole.columns:
        whole = whole.with_columns(catalogue_price=pl.lit(None, pl.Float64))
    entries = [_Entry(one, *(matcher(names) for names in (one.sku, one.supplier, one.category))) for one in reversed(policies)]
    rows = [
        next((_told(one.terms, price) for one in entries if one.covers(*item)), (PERIODIC, None, None, None, None))
        for *item, price in whole.select(known).iter_rows()
    ]
    return items.hstack(pl.DataFrame(rows, schema=COLUMNS, orient="row"))


@dataclass(frozen=True, slots=True)
class _Entry:
    terms: ItemPolicy
    sku: Callable[[str], bool]
    supplier: Callable[[str], bool]
    category: Callable[[str], bool]

    def covers(self, sku: str, abc: str, code: str | None, name: str | None, category: str | None) -> bool:
        supplied = self.supplier(code or "") or self.supplier(name or "")
        return abc in self.terms.abc and self.sku(sku) and supplied and self.category(category or "")


def _told(one: ItemPolicy, price: float | None) -> tuple[object, ...]:
    waiting = None if one.waiting_cost is None else float(one.waiting_cost)
    if one.season is None:
        return one.policy, waiting, None, None, None
    return (
        NEWSVENDOR,
        None,
        one.season.ends,
        price if one.season.price is None else float(one.season.price),
        float(one.season.salvage),
    )


def costs(items: pl.DataFrame, holding_rate: float) -> Costs:
    """`items`: order_cost, unit_cost, waiting_cost, null where not known. `holding_rate`: a year, a share of the unit cost."""
    order, unit, waiting = (
        items[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("order_cost", "unit_cost", "waiting_cost")
    )
    return Costs(order, unit * holding_rate / DAYS_A_YEAR, waiting)
