"""Safety stock for a service level, and the level that a safety stock gives. Two levels that are not the same:

- *cycle service level*: the share of order cycles that end without a stock-out (safety_stock.py);
- *fill rate*: the share of the pieces asked for that are there at once.

G is the standard loss function, sigma the standard deviation of demand over the protection interval. Continuous review with
orders of Q pieces: Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 6; Chopra &
Meindl, *Supply Chain Management*, chapter 12. Periodic review: Silver, Pyke & Thomas, section 6.9. Stock-outs are backordered
unless `lost_sales`. Arrays in, arrays out; a safety stock is never below 0.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sluice.planning.inventory.loss import normal_loss, standard_loss_inverse
from sluice.planning.safety_stock import safety_stock

Floats = NDArray[np.float64]

ROUNDS = 80


def shortage_allowed(fill_rate: ArrayLike, quantity: ArrayLike, lost_sales: bool = False) -> Floats:
    """Pieces that may be short in a cycle of `quantity`: Q (1 - b); where they are lost they add to the cycle's demand: by b."""
    level = np.asarray(fill_rate, np.float64)
    short = np.asarray(quantity, np.float64) * (1 - level)
    return np.asarray(short / level if lost_sales else short)


def fill_rate(safety: ArrayLike, sigma: ArrayLike, quantity: ArrayLike, lost_sales: bool = False) -> Floats:
    """Share of the pieces served at once under (s, Q): 1 - [n(s) - n(s + Q)] / Q, n the expected shortage; at least 0."""
    safety, quantity = np.asarray(safety, np.float64), np.asarray(quantity, np.float64)
    short = normal_loss(safety, 0, sigma)
    if lost_sales:
        return np.asarray(quantity / (quantity + short))
    return np.asarray(np.clip(1 - (short - normal_loss(safety + quantity, 0, sigma)) / quantity, 0, 1))


def safety_stock_for_fill_rate(fill_rate: ArrayLike, sigma: ArrayLike, quantity: ArrayLike, lost_sales: bool = False) -> Floats:
    """The safety stock with that fill rate (0..1, exclusive) under (s, Q): z sigma with G(z) = shortage allowed / sigma."""
    sigma = np.asarray(sigma, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = shortage_allowed(fill_rate, quantity, lost_sales) / sigma
        safety = np.where(sigma > 0, standard_loss_inverse(wanted) * sigma, 0.0)
    return np.asarray(np.maximum(0.0, safety))


def review_fill_rate(
    level: ArrayLike, mean: ArrayLike, sd: ArrayLike, lead_time: ArrayLike, review: ArrayLike, lead_time_sd: ArrayLike = 0
) -> Floats:
    """Share of the pieces served at once under (R, S), `level` S: 1 - [n_{L+R}(S) - n_L(S)] / (d R).

    `mean` and `sd` of a day's demand, times in days, R above 0; n_t the shortage expected over t days.
    """
    level, mean, sd, lead, review, lead_sd = np.broadcast_arrays(
        *(np.asarray(one, np.float64) for one in (level, mean, sd, lead_time, review, lead_time_sd))
    )
    whole = normal_loss(level, mean * (lead + review), np.sqrt((lead + review) * sd**2 + (mean * lead_sd) ** 2))
    before = normal_loss(level, mean * lead, np.sqrt(lead * sd**2 + (mean * lead_sd) ** 2))
    asked = mean * review
    short = np.divide(whole - before, asked, out=np.zeros_like(asked), where=asked > 0)
    return np.asarray(np.clip(1 - short, 0, 1))


def safety_stock_for_review_fill_rate(
    fill_rate: ArrayLike, mean: ArrayLike, sd: ArrayLike, lead_time: ArrayLike, review: ArrayLike, lead_time_sd: ArrayLike = 0
) -> Floats:
    """The safety stock over d (L + R) with that fill rate (0..1, exclusive) under (R, S), by bisection."""
    wanted, mean, sd, lead, review, lead_sd = np.broadcast_arrays(
        *(np.asarray(one, np.float64) for one in (fill_rate, mean, sd, lead_time, review, lead_time_sd))
    )
    expected = mean * (lead + review)
    low, high = np.zeros(wanted.shape), 40 * np.sqrt((lead + review) * sd**2 + (mean * lead_sd) ** 2)
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        enough = review_fill_rate(expected + middle, mean, sd, lead, review, lead_sd) >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(review_fill_rate(expected, mean, sd, lead, review, lead_sd) >= wanted, 0.0, high)


def dependent_lead_time(
    service_level: ArrayLike, mean: ArrayLike, sd: ArrayLike, lead_time: ArrayLike, lead_time_sd: ArrayLike
) -> Floats:
    """Safety stock where demand and lead time vary together (King 2011): that for the one plus that for the other."""
    of_demand = np.sqrt(np.asarray(lead_time, np.float64)) * np.asarray(sd, np.float64)
    of_supply = np.asarray(mean, np.float64) * np.asarray(lead_time_sd, np.float64)
    return safety_stock(of_demand, service_level) + safety_stock(of_supply, service_level)
