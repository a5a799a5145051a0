"""By what each item is ordered: its policy and terms, as the plan has them on the day that a world starts from."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from sluice.planning.demand import ITEM
from sluice.planning.inventory.policies import PERIODIC
from sluice.planning_policy import Planning

COLUMNS = (
    "policy", "target_kind", "service_level", "error_shift", "error_spread", "minimum_pieces", "multiple", "shelf_pieces",
)  # fmt: skip
"""Of a level, and of what its supplier and its shelf allow."""
WEIGHED = ("order_cost", "unit_cost", "waiting_cost", "ratio")
"""What a policy weighed, as the level's policy_terms has it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`items`: COLUMNS, WEIGHED and `season_days`, the whole days left of an item's season, by facility and then by SKU, as a
    world's axes are; `policy` they were made under."""

    items: pl.DataFrame
    facilities: int
    policy: Planning

    def beside(self, items: int) -> pl.DataFrame:
        """A row for each facility and item of worlds that stand side by side. ValueError where they have other SKUs."""
        skus = max(1, self.items.height // self.facilities)
        if items % skus:
            raise ValueError(f"levels of {skus} SKUs are no levels of {items} items")
        rows = np.arange(self.items.height).reshape(self.facilities, -1)
        return self.items[np.tile(rows, (1, items // skus)).ravel()]


def kept(levels: pl.DataFrame, facilities: list[str], skus: list[str], start: date, policy: Planning) -> Kept:
    """`levels`: rows of planning.safety_stock, with what the supplier allows, null where it says nothing. An item without one is
    filled up to what sells."""
    axes = pl.DataFrame({"facility_id": facilities}).join(pl.DataFrame({"sku": skus}), how="cross")
    terms = {name: pl.col("policy_terms").str.json_path_match(f"$.{name}") for name in (*WEIGHED, "season_ends")}
    said = levels.with_columns(
        *(terms[name].cast(pl.Float64).alias(name) for name in WEIGHED), season_ends=terms["season_ends"].str.to_date()
    )
    found = axes.join(
        said.select(*ITEM, *COLUMNS, *WEIGHED, "season_ends"), on=ITEM, how="left", maintain_order="left"
    ).with_columns(
        pl.col("policy").fill_null(PERIODIC),
        pl.col("service_level").fill_null(policy.service_level),
        season_days=(pl.col("season_ends") - pl.lit(start)).dt.total_days() + 1,
    )
    return Kept(found, len(facilities), policy)
