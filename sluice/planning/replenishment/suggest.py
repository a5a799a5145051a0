"""From positions and levels to what to move and what to buy.

An item whose position (on hand + on its way - promised - waited for) is at or below its reorder point is filled up to its level,
or bought in its lots, as inventory/ordering.py has it. What other facilities have too much of is moved first. The rest is bought
in what the supplier allows, as far as shelf and budget reach; pieces that customers wait for already are pegged and come first.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sluice.planning.inventory.ordering import missing
from sluice.planning.replenishment.budget import within
from sluice.planning.replenishment.lots import lots, rounded_up
from sluice.planning.replenishment.transfers import transfers

UNLIMITED = 2**40
UNIT = 10_000
"""Money is counted in ten-thousandths, so that sums are exact."""
WAITED_FOR = 1e6
"""What a unit of money earns that pieces wait for, against one that may be needed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a run: money for purchases and what a transfer costs, in ten-thousandths; `budget` None is no limit."""

    budget: int | None = None
    transfer_cost: int = 0


@dataclass(frozen=True, slots=True)
class Suggested:
    """`moves`: from_facility_id, facility_id, sku, quantity. `buys`: the items' columns with `quantity`, `wanted` (before budget
    and the supplier's minimum value), `pegged` (of quantity, for who waits already), `state` ('suggested', 'cut' or 'waits')
    and `reason`."""

    moves: pl.DataFrame
    buys: pl.DataFrame


def suggest(items: pl.DataFrame, terms: Terms) -> Suggested:
    """`items`, a row a facility and SKU: facility_id, sku, on_hand, promised, waiting, incoming, reorder_point, up_to,
    order_quantity (pieces; null: filled up), demand_mean (a day), lead_time (days), supplier_id (null: nobody is known),
    minimum_pieces, multiple, shelf_pieces (null: no limit), unit_cost and minimum_order_value (null: not known;
    ten-thousandths)."""
    frame = items.sort("sku", "facility_id")
    number = {name: frame[name].fill_null(_MISSING.get(name, 0)).to_numpy().astype(np.int64) for name in _WHOLE}
    position = number["on_hand"] + number["incoming"] - number["promised"] - number["waiting"]
    lacking = missing(position, number["reorder_point"], number["up_to"], number["order_quantity"])
    free = np.maximum(0, number["on_hand"] - number["promised"] - number["waiting"])
    spare = np.minimum(free, np.maximum(0, position - number["up_to"]))
    sku = frame["sku"].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    room = np.maximum(0, number["shelf_pieces"] - np.maximum(0, position))
    lacking = np.minimum(lacking, room)
    giver, taker, pieces = transfers(sku, lacking, spare, number["unit_cost"].astype(np.float64), terms.transfer_cost)
    came = np.bincount(taker, pieces, len(frame)).astype(np.int64)
    moves = pl.DataFrame(
        {
            "from_facility_id": frame["facility_id"].gather(giver),
            "facility_id": frame["facility_id"].gather(taker),
            "sku": frame["sku"].gather(taker),
            "quantity": pl.Series(pieces, dtype=pl.Int64),
        }
    )
    return Suggested(moves, _bought(frame, number, position + came, lacking - came, room - came, terms))


_WHOLE = (
    "on_hand", "promised", "waiting", "incoming", "reorder_point", "up_to", "order_quantity", "minimum_pieces", "multiple",
    "shelf_pieces", "unit_cost", "minimum_order_value",
)  # fmt: skip
_MISSING = {"minimum_pieces": 1, "multiple": 1, "shelf_pieces": UNLIMITED}


def _bought(
    frame: pl.DataFrame, number: dict[str, np.ndarray], position: np.ndarray, lacking: np.ndarray, room: np.ndarray, terms: Terms
) -> pl.DataFrame:
    minimum, multiple, cost = np.maximum(1, number["minimum_pieces"]), np.maximum(1, number["multiple"]), number["unit_cost"]
    wanted = lots(lacking, minimum, multiple, room)
    owed = np.maximum(0, -(number["on_hand"] + number["incoming"] - number["promised"] - number["waiting"]))
    owed = np.minimum(owed, np.maximum(0, -position))
    supplier = frame["supplier_id"].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
    waits = _below_minimum_value(wanted * cost, number["minimum_order_value"], supplier, owed)
    asked = np.where(waits, 0, wanted)
    quantity = within(
        terms.budget, asked, cost, rounded_up(minimum, multiple), multiple, _worth(frame, owed, position, asked, cost)
    )
    state = np.where(waits & (wanted > 0), "waits", np.where(quantity < asked, "cut", "suggested"))
    refused = (lacking > 0) & (wanted == 0)
    reason = np.select(
        [refused, state == "waits", quantity < asked, wanted < lacking],
        ["no lot fits the shelf", "below the supplier's minimum order value", "budget", "shelf"],
        "",
    )
    made = frame.with_columns(
        quantity=pl.Series(quantity, dtype=pl.Int64),
        wanted=pl.Series(wanted, dtype=pl.Int64),
        pegged=pl.Series(np.minimum(quantity, owed), dtype=pl.Int64),
        state=pl.Series(np.where(refused, "cut", state), dtype=pl.String),
        reason=pl.Series(reason, dtype=pl.String),
    )
    return made.filter(pl.Series(lacking > 0))


def _below_minimum_value(amount: np.ndarray, least: np.ndarray, supplier: np.ndarray, owed: np.ndarray) -> np.ndarray:
    """Rows of suppliers whose whole order is below their minimum; not where somebody waits: that order is made anyway."""
    suppliers = int(supplier.max(initial=-1)) + 1
    total = np.bincount(supplier, amount, suppliers)
    urgent = np.bincount(supplier, (owed > 0) & (amount > 0), suppliers) > 0
    wants = np.zeros(suppliers)
    np.maximum.at(wants, supplier, least)
    return np.asarray((total < wants)[supplier] & ~urgent[supplier])


def _worth(frame: pl.DataFrame, owed: np.ndarray, position: np.ndarray, quantity: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """What a unit of money spent on a row earns: pieces waited for, then those that sell before more could come."""
    rate, lead = (frame[name].fill_null(0.0).to_numpy().astype(np.float64) for name in ("demand_mean", "lead_time"))
    short = np.maximum(0.0, rate * lead - np.maximum(position, 0)) + 0.01 * rate * lead
    served = np.minimum(short, quantity)
    price = np.maximum(quantity * np.maximum(cost, 1), 1)
    return np.asarray((WAITED_FOR * np.minimum(owed, quantity) + served) / price)
