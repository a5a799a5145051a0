"""Each item ordered as replenishment orders it: by its own policy, levels set anew by what is known, in its supplier's lots.

Base stock, (r, nQ), (s, S), periodic and the newsvendor, as inventory/policies.py and inventory/season.py have them. How far
forecasts were off, and so which quantile is held, is what the plan found; the rate is what is known on the day. Transfers between
facilities, a budget and a supplier's minimum order value are not played.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.planning.inventory.calibrated import Errors
from sluice.planning.inventory.choose import placed
from sluice.planning.inventory.levels import FILL_RATE, Supply, Target
from sluice.planning.inventory.ordering import missing
from sluice.planning.inventory.policies import NEWSVENDOR, economic, point_and_up_to, review
from sluice.planning.inventory.season import Season, stock_for
from sluice.planning.item_levels import numbers
from sluice.planning.item_policies import costs
from sluice.planning.replenishment.lots import with_room
from sluice.planning.replenishment.suggest import UNLIMITED
from sluice.planning.safety_stock import pieces
from sluice.planning.stock_levels import order_sizes
from sluice.planning.twin.kept import Kept
from sluice.planning.twin.knowledge import REFRESH, Outlook
from sluice.planning.twin.ordering import Wanted, expected, flat, lead_times

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Policies:
    """The rule `policy`; what it answers is as ordering.Rule has it."""

    def __init__(self, kept: Kept, known: Outlook) -> None:
        self.known, self.policy = known, kept.policy
        self._set_on = -1
        self.items = kept.beside(known.world.lead_mean.shape[1])
        names = self.items["policy"].to_numpy()
        self._rows = {str(name): np.flatnonzero(names == name) for name in np.unique(names.astype(str))}
        self._minimum, self._multiple, self._most = (
            self.items[name].fill_null(unsaid).to_numpy().astype(np.int64)
            for name, unsaid in (("minimum_pieces", 1), ("multiple", 1), ("shelf_pieces", UNLIMITED))
        )
        self._point, self._up_to, self._lot = (np.zeros(self.items.height, np.int64) for _ in range(3))
        self._safety = np.zeros(self.items.height)

    def wanted(self, day: int) -> Wanted:
        """Levels of the last look at demand; a season's of today."""
        self._set(day)
        shape = self.known.world.lead_mean.shape
        return Wanted(*(part.reshape(shape) for part in (self._point, self._up_to, self._lot)))

    def reserve(self, day: int) -> Floats:
        """Safety stock, pieces (F, S), never below 0."""
        self._set(day)
        return self._safety.reshape(self.known.world.lead_mean.shape)

    def order(self, wanted: Wanted, position: Integers) -> Integers:
        """In whole multiples, at least the minimum, no more than the shelf takes (replenishment/lots.py)."""
        lacking = missing(position, wanted.point, wanted.up_to, wanted.lot)
        sent = with_room(position.ravel(), lacking.ravel(), self._minimum, self._multiple, self._most)
        return sent.reshape(position.shape)

    def _set(self, day: int) -> None:
        for name, rows in self._rows.items():
            if name == NEWSVENDOR and self._set_on != day:
                self._season(day, rows)
            elif name != NEWSVENDOR and (self._set_on < 0 or day // REFRESH != self._set_on // REFRESH):
                self._levels(day, name, rows)
        self._set_on = day

    def _levels(self, day: int, name: str, rows: Integers) -> None:
        """As stock_levels sets them."""
        items, period = self.items[rows], max(1, self.policy.review_period_days)
        lead, lead_sd = (part[rows] for part in lead_times(self.known))
        supply = Supply(lead, lead_sd, review(name, period))
        mean, sd = flat(expected(self.known, day, supply.review))[rows], flat(self.known.spread(day))[rows]
        target = Target(numbers(items, "service_level"), (items["target_kind"] == FILL_RATE).fill_null(False).to_numpy())
        sized = order_sizes(items, self.policy, name)
        size = sized and sized(mean)
        position, safety, _ = placed(mean, sd, supply, target, _errors(items), None if size is None else size.quantity)
        batch = economic(mean, costs(items, self.policy.replenishment.holding_rate))
        self._point[rows], self._up_to[rows] = point_and_up_to(name, (position, safety), mean * lead, size, batch)
        self._lot[rows] = pieces(size.quantity) if size is not None and size.fixed else 0
        self._safety[rows] = safety

    def _season(self, day: int, rows: Integers) -> None:
        """As season_levels sets them: what the rest of the season takes, nothing held back."""
        items = self.items[rows]
        days = np.maximum(0, items["season_days"].fill_null(0).to_numpy() - day)
        ratio, sd = np.nan_to_num(numbers(items, "ratio")), flat(self.known.spread(day))[rows]
        mean = flat(self.known.rate(day).sum(axis=0))[rows]
        best = stock_for(Season(days, mean * days, sd, ratio, 1 - ratio), _errors(items))
        self._up_to[rows] = np.where(lead_times(self.known)[0][rows] < days, pieces(best.stock), 0)
        self._point[rows] = self._up_to[rows]


def _errors(items: pl.DataFrame) -> Errors:
    return Errors(numbers(items, "error_spread"), numbers(items, "error_shift"))
