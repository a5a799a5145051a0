"""How much at a time where an order costs something whatever its size.

The reorder point keeps the service; from there an item is filled up by the economic order quantity at least, so that (s, S) has
S - s = Q (Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 7.4: s and Q one after
the other). Without a cost of an order, or without a unit cost, levels stay as they are.
"""

import numpy as np
import polars as pl

from sluice.planning.inventory.lot_size import economic_quantity
from sluice.planning.safety_stock import pieces

DAYS = 365.0


def with_economic_lots(items: pl.DataFrame, holding_rate: float) -> pl.DataFrame:
    """`items` with `up_to` raised where that pays: reorder_point, up_to (pieces), demand_mean (a day), unit_cost and order_cost
    (money in any unit, null: not known). `holding_rate`: what holding costs a year, a share of the unit cost, above 0."""
    names = ("demand_mean", "unit_cost", "order_cost")
    rate, unit, order = (items[name].cast(pl.Float64).fill_null(0).to_numpy() for name in names)
    known = (unit > 0) & (order > 0) & (rate > 0)
    holding = np.where(known, unit * holding_rate / DAYS, 1.0)
    quantity = pieces(economic_quantity(np.where(known, order, 0.0), holding, np.where(known, rate, 0.0))[0])
    point, up_to = items["reorder_point"].to_numpy(), items["up_to"].to_numpy()
    return items.with_columns(up_to=pl.Series(np.maximum(up_to, point + quantity), dtype=pl.Int64))
