"""Gamma-gamma: what somebody spends a purchase (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

A purchase is Gamma(p, nu), nu being a person's own and Gamma(q, v) over people; it has nothing to do with how often they buy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from sluice.customers.value.distinct import Floats

BOUNDS = ((-8.0, 8.0), (float(np.log(1.05)), 8.0), (-8.0, 8.0))
"""Of the logarithms of p, q and v, where the mean purchase is 1. At q <= 1 the mean of what people spend would not exist."""


@dataclass(frozen=True, slots=True)
class GammaGamma:
    p: float
    q: float
    v: float
    log_likelihood: float
    converged: bool

    @property
    def population_mean(self) -> float:
        """What somebody spends a purchase of whom nothing is known."""
        return self.p * self.v / (self.q - 1)

    def mean_spend(self, purchases: Floats, average: Floats) -> Floats:
        """What a person spends a purchase, of whom `purchases` of `average` were seen: between their own mean and everybody's."""
        return self.p * self.scale(purchases, average) / (self.shape(purchases) - 1)

    def shape(self, purchases: Floats) -> Floats:
        """nu of a person is Gamma(shape, scale) when purchases of theirs were seen."""
        return self.p * purchases + self.q

    def scale(self, purchases: Floats, average: Floats) -> Floats:
        return self.v + purchases * np.maximum(average, 0)


def fit(purchases: Floats, average: Floats) -> GammaGamma:
    """The parameters of greatest likelihood, from people's number of purchases and their mean amount.

    Who spent nothing, or got all of it back, is left out: the model knows no such purchases. Raises ValueError where nobody is
    left.
    """
    spent = (purchases > 0) & (average > 0) & np.isfinite(average)
    if not spent.any():
        raise ValueError("nobody spent anything")
    n, mean = purchases[spent], average[spent]
    unit = float(np.average(mean, weights=n))
    counts, place = np.unique(n, return_inverse=True)
    found = minimize(
        lambda logs: _loss(logs, counts, place, n, mean / unit),
        np.array([1.0, 1.0, 1.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=BOUNDS,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
    )
    p, q, v = (float(value) for value in np.exp(found.x))
    # the density of an amount in the currency is that of its multiple of `unit`, by `unit`
    likelihood = -float(found.fun) * len(n) - len(n) * np.log(unit)
    return GammaGamma(p, q, v * unit, log_likelihood=float(likelihood), converged=bool(found.success))


def _loss(logs: Floats, counts: Floats, place: NDArray[np.intp], n: Floats, mean: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood (equation 1a) and its gradient by the logarithms of p, q, v. Gamma functions once a count."""
    p, q, v = np.exp(logs)
    seen, total = p * counts, mean * n
    log_total, log_both = np.log(total), np.log(v + total)
    gammas = (gammaln(seen + q) - gammaln(seen) - gammaln(q))[place]
    value = gammas + q * np.log(v) + p * n * log_total - np.log(mean) - (p * n + q) * log_both
    by_p = (counts * (digamma(seen + q) - digamma(seen)))[place] + n * (log_total - log_both)
    by_q = (digamma(seen + q) - digamma(q))[place] + np.log(v) - log_both
    by_v = q / v - (p * n + q) / (v + total)
    return -float(value.mean()), -np.array([by_p.mean() * p, by_q.mean() * q, by_v.mean() * v])
