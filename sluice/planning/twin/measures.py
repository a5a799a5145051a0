"""The measures of a run, from its counts; every one is a quotient or a sum of sums, so that it can be taken of any resample."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.scenario import Costs
from sluice.planning.twin.tally import COUNTS

Floats = NDArray[np.floating]
YEAR = 365.0

MEASURES = {
    "stockout_rate": "share of (SKU, facility, channel) days with demand on which a piece was refused",
    "fill_rate": "share of the pieces asked for that were sold",
    "empty_rate": "share of (SKU, facility) days that ended with an empty shelf",
    "turnover": "pieces sold a year for each on hand, times a year",
    "stock": "pieces on hand, mean of the days",
    "lost": "pieces asked for and not sold",
    "worth": "worth of what was sold, a piece sold in the best channel counts 1",
    "order_lines": "lines ordered from suppliers",
    "across_share": "share of the pieces sold that another facility sent",
    "split_share": "share of the orders that left in two parcels",
    "routed_minutes": "minutes from an order to the facility that is told to send it, in waves of 15",
    "freight": "freight and second parcels, money",
    "carbon": "grams of CO2 equivalent for the kilometres to customers, a piece sold",
    "margin": "worth times the margin of a piece, of what was sold less order lines, freight and holding, money",
}
MONEY = ("margin",)
"""Measures that may be around zero: their changes are differences, not shares."""
WAVE = 15.0
"""Minutes between two rounds of routing. An order waits half of one on average; one that its own facility can't send waits for
the next round too."""


def measured(counts: Floats, days: int, costs: Costs) -> dict[str, Floats]:
    """MEASURES of `counts` (..., len(COUNTS)), added up over `days` counted days."""
    at: Mapping[str, Floats] = {name: counts[..., number] for number, name in enumerate(COUNTS)}
    sold = at["asked"] - at["refused"]
    stock = at["stock"] / days
    orders = np.maximum(at["orders"], 0.0)
    freight = sold * costs.freight_parcel + at["kilometres"] * costs.freight_km + at["splits"] * costs.split
    holding = stock * costs.unit_cost * costs.holding * days / YEAR
    return {
        "stockout_rate": _share(at["refused_cells"], at["asked_cells"]),
        "fill_rate": _share(sold, at["asked"]),
        "empty_rate": _share(at["empty"], at["shelves"]),
        "turnover": _share(sold * YEAR / days, stock),
        "stock": stock,
        "lost": at["refused"],
        "order_lines": at["order_lines"],
        "across_share": _share(at["across"], sold),
        "split_share": _share(at["splits"], orders),
        "routed_minutes": WAVE / 2 + WAVE * _share(at["across"], sold),
        "freight": freight,
        "carbon": _share(at["kilometres"] * costs.carbon, sold),
        "worth": at["worth"],
        "margin": at["worth"] * costs.unit_margin - at["order_lines"] * costs.order_line - freight - holding,
    }


def _share(part: Floats, whole: Floats) -> Floats:
    """0 where there is nothing to be a share of."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(np.asarray(whole, np.float64)), where=np.asarray(whole) > 0))
