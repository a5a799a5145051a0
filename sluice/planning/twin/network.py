"""How far it is from a facility to the customers of another, from what the records say of where facilities are."""

import numpy as np
import polars as pl

from sluice.planning.twin.world import Floats, Network

OWN, SAME_CITY, SAME_REGION, SAME_COUNTRY, ABROAD = 50.0, 60.0, 250.0, 800.0, 5000.0
"""Kilometres. Records name cities, not places: these are the orders of magnitude of a last mile and of lorry routes."""


def network(facilities: pl.DataFrame, order: list[str], orders: pl.DataFrame) -> Network:
    """`facilities`: facility_id, country, region, city, any of them empty; `order` their names by axis. `orders`: lines, orders,
    pieces; how many orders have so many product lines, and their pieces."""
    rows = {row["facility_id"]: row for row in facilities.iter_rows(named=True)}
    km: Floats = np.full((len(order), len(order)), SAME_COUNTRY)
    for one, here in enumerate(order):
        for other, there in enumerate(order):
            km[one, other] = OWN if one == other else _between(rows.get(here, {}), rows.get(there, {}))
    count = np.bincount(orders["lines"].to_numpy(), orders["orders"].to_numpy())[1:] if orders.height else np.ones(1)
    placed = float(orders["orders"].sum()) or 1.0
    return Network(km, count / count.sum(), max(1.0, float(orders["pieces"].sum()) / placed))


def _between(here: dict[str, str | None], there: dict[str, str | None]) -> float:
    for name, far in (("country", ABROAD), ("region", SAME_COUNTRY), ("city", SAME_REGION)):
        one, other = here.get(name), there.get(name)
        if not one or not other:
            return SAME_COUNTRY
        if one != other:
            return far
    return SAME_CITY
