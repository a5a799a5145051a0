"""What is set apart before any other number: exclusive locks and shares of regional pools, better priority first.

Where supply is short, shops of one priority are cut in proportion to what they want, by largest remainders; the pieces are taken
from facilities in proportion to what these have. Shops whose regions overlap without being the same ask each facility in
proportion too, and what one facility can't give is asked of the others, until nothing is left to ask for or to give.
"""

import numpy as np
from numpy.typing import NDArray

from sluice.planning.apportion import apportion, sums
from sluice.planning.rules import LOCKED, SHARED, WHOLE, Place, Ruling

Integers = NDArray[np.int64]


def set_apart(available: Integers, place: Place, terms: Ruling, priority: Integers) -> Integers:
    """Pieces a shop has for itself, (rows, shops), of `available` (rows). `priority` is each shop's, 1 the best."""
    taken = np.zeros(terms.inside.shape, np.int64)
    wanted = _wanted(available, place, terms, priority)
    left = available.copy()
    for level in np.unique(priority[terms.set_apart.any(axis=0)]):
        shops = np.flatnonzero(priority == level)
        given = _level(left, place, wanted[:, shops], terms.region[:, shops], terms.inside[:, shops])
        got = _by_sku(given, place)
        given[(got <= terms.threshold[:, shops])[place.sku]] = 0
        taken[:, shops] = given
        left -= given.sum(axis=1)
    return taken


def _wanted(available: Integers, place: Place, terms: Ruling, priority: Integers) -> Integers:
    """Pieces each shop would have if no other came before it, (SKUs, shops)."""
    wanted = np.where(terms.kind == LOCKED, terms.lock, 0)
    shared = terms.kind == SHARED
    for pool in np.unique(terms.pool[shared]):
        part = np.where(shared & (terms.pool == pool), terms.part, 0)
        wanted += _shares(_in_pool(available, place, terms, part), part, priority)
    return np.minimum(wanted, terms.cap)


def _in_pool(available: Integers, place: Place, terms: Ruling, part: Integers) -> Integers:
    """What the facilities of the pool have, a SKU: any shop with a part in it sees them all."""
    one = part.argmax(axis=1)[place.sku]
    inside = terms.inside[np.arange(len(place.sku)), one] & (part.max(axis=1) > 0)[place.sku]
    return sums(np.where(inside, available, 0), place.sku, len(place.skus))


def _shares(there: Integers, part: Integers, priority: Integers) -> Integers:
    """Each shop's share of the pool, (SKUs, shops). What all priorities up to one get together is rounded down, so that a piece
    more in the pool is never a piece less for them, and shares that add up to the whole give out the whole."""
    shares = np.zeros(part.shape, np.int64)
    given = np.zeros(len(there), np.int64)
    for level in np.unique(priority):
        upto = np.minimum(WHOLE, part[:, priority <= level].sum(axis=1))
        pieces = there * upto // WHOLE - given
        shares[:, priority == level] = _across(pieces, part[:, priority == level])
        given += np.where(part[:, priority == level].any(axis=1), pieces, 0)
    return shares


def _level(left: Integers, place: Place, wanted: Integers, region: Integers, inside: NDArray[np.bool_]) -> Integers:
    """Pieces for the shops of one priority, (rows, shops)."""
    given = np.zeros(inside.shape, np.int64)
    asking = wanted > 0
    regions = np.unique(region[asking])
    got = _regions_share(left, place, [np.where(asking & (region == name), wanted, 0) for name in regions], inside)
    for name, pieces in zip(regions, got, strict=True):
        weight = np.where(asking & (region == name), wanted, 0)
        totals = _across(sums(pieces, place.sku, len(place.skus)), weight)
        for shop in np.flatnonzero(totals.any(axis=0)):
            placed = apportion(totals[:, shop], pieces, place.sku)
            given[:, shop] += placed
            pieces = pieces - placed
    return given


def _regions_share(left: Integers, place: Place, wanted: list[Integers], inside: NDArray[np.bool_]) -> list[Integers]:
    """Pieces of each row for each region, the shops of a region taken together."""
    left, skus = left.copy(), len(place.skus)
    open_to = [(inside & (mine > 0)[place.sku]).any(axis=1) for mine in wanted]
    owed = [mine.sum(axis=1) for mine in wanted]
    got = [np.zeros(len(left), np.int64) for _ in wanted]
    while True:
        asked = []
        for one, rows in enumerate(open_to):
            there = np.where(rows, left, 0)
            asked.append(apportion(np.minimum(owed[one], sums(there, place.sku, skus)), there, place.sku))
        wide = np.stack(asked, axis=1) if asked else np.zeros((len(left), 0), np.int64)
        if not wide.any():
            return got
        granted = _across(np.minimum(left, wide.sum(axis=1)), wide)
        left -= granted.sum(axis=1)
        for one in range(len(got)):
            got[one] += granted[:, one]
            owed[one] = owed[one] - sums(granted[:, one], place.sku, skus)
        if len(got) == 1:
            return got


def _across(total: Integers, weight: Integers) -> Integers:
    """Cut each row's total among its columns."""
    rows, columns = weight.shape
    group = np.repeat(np.arange(rows), columns)
    return apportion(total, weight.ravel(), group).reshape(rows, columns)


def _by_sku(pieces: Integers, place: Place) -> Integers:
    """Sums over facilities, (SKUs, shops)."""
    columns = [sums(pieces[:, shop], place.sku, len(place.skus)) for shop in range(pieces.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((len(place.skus), 0), np.int64)
