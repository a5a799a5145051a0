"""How far the twin is off: the last month simulated from its opening stock, beside what happened."""

from dataclasses import dataclass

import numpy as np

from sluice.planning.twin.history import Records
from sluice.planning.twin.own import as_received, replayed
from sluice.planning.twin.scenario import Ordering, Scenario
from sluice.planning.twin.simulate import Company, simulate
from sluice.planning.twin.tally import Tally


@dataclass(frozen=True, slots=True)
class TwinError:
    """Pieces sold, pieces in stock on the last evening, (SKU, facility) evenings with an empty shelf: by the twin and in the
    records. `stock_wape`: sum of the absolute differences of all evenings' stock, as a share of the stock that there was.
    `refused`: pieces that the twin refused and the company sold."""

    what: str
    days: int
    sold: tuple[int, int]
    refused: int
    closing_stock: tuple[int, int]
    empty: tuple[int, int]
    stock_wape: float


def twin_error(records: Records, in_force: Scenario, company: Company, days: int) -> list[TwinError]:
    """First with the deliveries that came, which tests the rules of sale; then with the policy's own orders, which tests all of
    it.

    Facilities that nobody counts are left out.
    """
    received = in_force.model_copy(update={"ordering": Ordering(rule="none", every_days=in_force.ordering.every_days)})
    with_its_own = simulate(as_received(records, days), [received], company, keep_days=True)[0]
    with_orders = simulate(replayed(records, days, 0), [in_force], company, keep_days=True)[0]
    return [
        _error("deliveries as they came", with_its_own, records, days),
        _error("orders by the policy", with_orders, records, days),
    ]


def _error(what: str, tally: Tally, records: Records, days: int) -> TwinError:
    counted = records.counted
    stock, stood = tally.daily["stock"][:, counted], records.stood[-days:][:, counted]
    asked = int(tally.world.demand.sum())
    refused = int(tally.daily["refused"].sum())
    return TwinError(
        what=what,
        days=days,
        sold=(asked - refused, asked),
        refused=refused,
        closing_stock=(int(stock[-1].sum()), int(stood[-1].sum())),
        empty=(int((stock == 0).sum()), int((stood == 0).sum())),
        stock_wape=float(np.abs(stock - stood).sum() / max(1, stood.sum())),
    )
