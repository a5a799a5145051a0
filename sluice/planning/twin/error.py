"""How far the twin is off: the last month simulated from its opening stock, beside what happened.

Only where the ledger tells that opening stock. A stock walked back by sales and receipts, from before the ledger began, is by its
making what the twin computes forwards: it would agree with itself, whatever the twin does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.history import Records
from sluice.planning.twin.own import as_received, replayed
from sluice.planning.twin.scenario import Ordering, Scenario
from sluice.planning.twin.simulate import Company, simulate
from sluice.planning.twin.tally import Tally

FEWEST = 7
"""Days of the ledger before which nothing can be said."""


@dataclass(frozen=True, slots=True)
class TwinError:
    """Of the `facilities` whose ledger reaches back so many `days`.

    Pieces sold, pieces in stock on the last evening, (SKU, facility) evenings with an empty shelf: by the twin, in the records.
    `stock_wape`: sum of the absolute differences of all evenings' stock, as a share of what there was. `refused`: pieces
    that the twin refused and the company sold.
    """

    what: str
    days: int
    facilities: tuple[str, ...]
    sold: tuple[int, int]
    refused: int
    closing_stock: tuple[int, int]
    empty: tuple[int, int]
    stock_wape: float


def days_told(records: Records, most: int) -> tuple[int, NDArray[np.bool_]]:
    """Over how many of the last days, at most so many, the twin can be held against the ledger, and at which facilities (F).

    As many days as the longest ledger has; facilities with a younger one are left out, and so are those that nobody counts.
    """
    told = np.where(records.counted, len(records.asked) - np.maximum(1, records.told_from), 0)
    days = min(most, int(told.max(initial=0)))
    return days, np.asarray(records.counted & (told >= max(1, days)))


def twin_error(records: Records, in_force: Scenario, company: Company, most: int) -> list[TwinError]:
    """First with the deliveries that came, which tests the rules of sale; then with the policy's own orders, which tests all of
    it. Nothing where the ledger tells less than FEWEST days at any facility.
    """
    days, told = days_told(records, most)
    if days < FEWEST:
        return []
    received = in_force.model_copy(update={"ordering": Ordering(rule="none", every_days=in_force.ordering.every_days)})
    with_its_own = simulate(as_received(records, days), [received], company, keep_days=True)[0]
    with_orders = simulate(replayed(records, days, 0), [in_force], company, keep_days=True)[0]
    return [
        _error("deliveries as they came", with_its_own, records, days, told),
        _error("orders by the policy", with_orders, records, days, told),
    ]


def _error(what: str, tally: Tally, records: Records, days: int, told: NDArray[np.bool_]) -> TwinError:
    stock, stood = tally.daily["stock"][:, told], records.stood[-days:][:, told]
    asked = int(tally.world.asked_at[:, told].sum())
    refused = int(tally.daily["refused"][:, told].sum())
    return TwinError(
        what=what,
        days=days,
        facilities=tuple(name for name, one in zip(records.facilities, told, strict=True) if one),
        sold=(asked - refused, asked),
        refused=refused,
        closing_stock=(int(stock[-1].sum()), int(stood[-1].sum())),
        empty=(int((stock == 0).sum()), int((stood == 0).sum())),
        stock_wape=float(np.abs(stock - stood).sum() / max(1, stood.sum())),
    )
