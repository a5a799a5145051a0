"""Numbers by the field's terms: percent, plus, min, max, threshold, a fixed lock, of the stock that is open to a channel.

The terms are worked out on the sum over the channel's facilities, once a SKU, so that rounding costs no piece a facility; the
number is then spread over the facilities in proportion to what each has open.
"""

import numpy as np
from numpy.typing import NDArray

from sluice.planning.apportion import apportion, sums
from sluice.planning.quotas import UNLIMITED
from sluice.planning.rules import NUMBER, WHOLE, Place, Ruling

Integers = NDArray[np.int64]


def shown(pool: Integers, place: Place, terms: Ruling) -> Integers:
    """Pieces of the shared `pool` (rows) that each shop shows, (rows, shops); 0 where its number comes about another way."""
    numbers = np.zeros(terms.inside.shape, np.int64)
    for shop in np.flatnonzero((terms.kind == NUMBER).any(axis=0)):
        ruled = terms.kind[:, shop] == NUMBER
        there = np.where(terms.inside[:, shop] & ruled[place.sku], pool, 0)
        number = bounded(sums(there, place.sku, len(place.skus)), terms, int(shop))
        numbers[:, shop] = apportion(number, there, place.sku)
    return numbers


def bounded(available: Integers, terms: Ruling, shop: int) -> Integers:
    """A shop's number a SKU: percent, rounded down, then plus, then min, then max; never above what is available; 0 where that is
    at or below the threshold. A lock takes the place of percent to max."""
    number = available * terms.part[:, shop] // WHOLE + terms.plus[:, shop]
    number = np.minimum(np.maximum(number, terms.floor[:, shop]), terms.cap[:, shop])
    number = np.where(terms.lock[:, shop] < UNLIMITED, terms.lock[:, shop], number)
    return np.where(available <= terms.threshold[:, shop], 0, np.clip(number, 0, available))
