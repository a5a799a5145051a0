"""How much at a time: the economic order quantity (F. Harris, *Factory* 10, 1913; Snyder & Shen 2nd ed., sections 3.2 and 3.5).

`fixed` is what an order costs whatever its size, `holding` what a piece costs a period, `rate` the demand a period.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def economic_quantity(fixed: ArrayLike, holding: ArrayLike, rate: ArrayLike) -> tuple[Floats, Floats]:
    """Quantity and its cost a period, for ordering and holding: sqrt(2 K D / h) and sqrt(2 K D h)."""
    fixed, holding, rate = (np.asarray(one, np.float64) for one in (fixed, holding, rate))
    return np.asarray(np.sqrt(2 * fixed * rate / holding)), np.asarray(np.sqrt(2 * fixed * rate * holding))


def economic_quantity_with_backorders(fixed: ArrayLike, holding: ArrayLike, stockout: ArrayLike, rate: ArrayLike) -> Floats:
    """The quantity where a piece that waits costs `stockout` a period: larger, since stock runs below zero before it comes."""
    plain, _ = economic_quantity(fixed, holding, rate)
    holding, stockout = np.asarray(holding, np.float64), np.asarray(stockout, np.float64)
    return np.asarray(plain * np.sqrt((holding + stockout) / stockout))
