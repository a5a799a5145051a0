"""Safety stock against a demand and a lead time that both vary, for a cycle service level.

The protection interval is lead time L plus review period R. With demand of mean d and standard deviation sd_d a day,
independent of a lead time with standard deviation sd_L days, demand over the interval has the standard deviation

    sigma = sqrt((L + R) sd_d^2 + d^2 sd_L^2)

(the combined equation of P. King, "Crack the code: understanding safety stock and mastering its equations", APICS Magazine,
2011; the same as Chopra & Meindl, Supply Chain Management, chapter 12, for R = 0). The cycle service level is the probability
that a cycle ends without a stock-out; for normal demand it asks for z = Phi^-1(level) standard deviations. Where lead times are
skewed the level kept is about a point lower. Arrays in, arrays out, in pieces and days.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FUZZ = 1e-9
"""Relative. What floating point adds to a whole number must not cost a whole piece."""


def protection_sd(
    demand_mean: ArrayLike, demand_sd: ArrayLike, lead_time: ArrayLike, lead_time_sd: ArrayLike, review_period: ArrayLike = 0
) -> Floats:
    """Standard deviation of demand over the protection interval, pieces."""
    interval = np.asarray(lead_time, np.float64) + np.asarray(review_period, np.float64)
    of_demand = interval * np.square(np.asarray(demand_sd, np.float64))
    of_supply = np.square(np.asarray(demand_mean, np.float64) * np.asarray(lead_time_sd, np.float64))
    return np.asarray(np.sqrt(of_demand + of_supply))


def safety_stock(sigma: ArrayLike, service_level: ArrayLike) -> Floats:
    """Pieces held against variation: z sigma, never negative. `service_level` is 0..1, exclusive."""
    wanted: Floats = ndtri(np.asarray(service_level, np.float64)) * np.asarray(sigma, np.float64)
    return np.maximum(0.0, wanted)


def reorder_point(demand_mean: ArrayLike, lead_time: ArrayLike, safety: ArrayLike) -> Floats:
    """Stock position (on hand + incoming - committed) at which to order, under continuous review: d L + safety stock."""
    return np.asarray(demand_mean, np.float64) * np.asarray(lead_time, np.float64) + np.asarray(safety, np.float64)


def order_up_to(demand_mean: ArrayLike, lead_time: ArrayLike, review_period: ArrayLike, safety: ArrayLike) -> Floats:
    """Stock position to order up to at each review: d (L + R) + safety stock."""
    interval = np.asarray(lead_time, np.float64) + np.asarray(review_period, np.float64)
    return np.asarray(demand_mean, np.float64) * interval + np.asarray(safety, np.float64)


def cycle_service_level(safety: ArrayLike, sigma: ArrayLike) -> Floats:
    """The service level, 0..1, that `safety` pieces buy: the inverse of safety_stock."""
    return np.asarray(ndtr(np.asarray(safety, np.float64) / np.asarray(sigma, np.float64)))


def pieces(quantity: ArrayLike) -> Integers:
    """Whole pieces that are at least `quantity`."""
    exact = np.asarray(quantity, np.float64)
    return np.ceil(exact - FUZZ * np.maximum(1.0, np.abs(exact))).astype(np.int64)
