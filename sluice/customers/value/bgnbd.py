"""BG/NBD: how often somebody will buy again, and whether they still do (Fader, Hardie, Lee 2005, Marketing Science 24:2).

While active somebody buys at a rate of their own, rates being Gamma(r, alpha) over people; after each repeat purchase they drop
out with a chance of their own, chances being Beta(a, b). A history is x, tx, T: repeat purchases, when the last was, and how long
ago the first was, in weeks, counted from the first. Equation numbers are those of the paper.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from sluice.customers.value.distinct import Floats, distinct

GRID_ROWS = 50_000
"""More different histories than this are fitted rounded to whole weeks: the parameters move by less than their own error."""
BOUNDS = np.array([(-8.0, 8.0), (-3.0, 8.0), (-8.0, 5.0), (-8.0, 8.0)])
"""Of the logarithms of r, alpha, a, b: where people do not differ at all, likelihood rises for ever."""
NUDGE = 1e-7


@dataclass(frozen=True, slots=True)
class Histories:
    """x, tx and T of a person each, all of one length; 0 <= tx <= T, tx is 0 where x is, and x <= 7 T: one purchase a day."""

    x: Floats
    tx: Floats
    T: Floats


@dataclass(frozen=True, slots=True)
class BgNbd:
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    converged: bool

    def expected_purchases(self, of: Histories, weeks: float) -> Floats:
        """Purchases in the next `weeks`, a person (equation 10)."""
        return self.expected_if_active(of.x, of.T, weeks) * self.probability_alive(of)

    def expected_if_active(self, x: Floats, T: Floats, weeks: float) -> Floats:
        """The same of those who have not dropped out: when they last bought then says nothing more."""
        # a = 1 and a + b + x = 1 are gaps of the formula, not of what it says
        a = self.a + NUDGE if abs(self.a - 1) < NUDGE else self.a
        c = a + self.b + x - 1
        c = np.where(np.abs(c) < NUDGE, NUDGE, c)
        z = weeks / (self.alpha + T + weeks)
        # Euler's transformation of the paper's 2F1(r + x, b + x; c; z), which overflows for those who buy hundreds of times
        hypergeometric = (1 - z) ** (a - 1) * hyp2f1(c - self.r - x, a - 1, c, z)
        return np.asarray(np.maximum(c / (a - 1) * (1 - hypergeometric), 0), np.float64)

    def probability_alive(self, of: Histories) -> Floats:
        """That somebody has not dropped out; 1 without a repeat purchase, after which alone one drops out."""
        return np.where(of.x > 0, expit(-self._log_odds_dropped(of)), 1.0)

    def _log_odds_dropped(self, of: Histories) -> Floats:
        repeats = np.maximum(of.x, 1)
        times = np.log(self.alpha + of.T) - np.log(self.alpha + of.tx)
        return np.asarray(np.log(self.a) - np.log(self.b + repeats - 1) + (self.r + of.x) * times, np.float64)


def fit(of: Histories, most_rows: int = GRID_ROWS) -> BgNbd:
    """The parameters of greatest likelihood. Raises ValueError where nobody bought twice: then dropping out is never seen."""
    if not (of.x > 0).any():
        raise ValueError("nobody bought twice")
    different = distinct(of.x, of.tx, of.T)
    if len(different.count) > most_rows:
        different = distinct(of.x, np.round(of.tx), np.round(of.T))
    unique, people = Histories(*different.columns), different.count
    # starting at the mean interval between purchases keeps the search independent of how fast a trade is
    start = np.array([0.0, np.log(max(np.average(unique.T, weights=people), 1e-3)) - 1, 0.0, 0.0])
    total = float(people.sum())
    found = minimize(
        lambda logs: _loss(logs, unique, people / total),
        np.clip(start, *BOUNDS.T),
        jac=True,
        method="L-BFGS-B",
        bounds=BOUNDS,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
    )
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return BgNbd(r, alpha, a, b, log_likelihood=-float(found.fun) * total, converged=bool(found.success))


def _loss(logs: Floats, of: Histories, weights: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood (equation 6) and its gradient by the logarithms of r, alpha, a, b."""
    r, alpha, a, b = np.exp(logs)
    x, repeats, repeated = of.x, np.maximum(of.x, 1), of.x > 0
    log_end, log_last = np.log(alpha + of.T), np.log(alpha + of.tx)
    active = -(r + x) * log_end
    dropped = np.where(repeated, np.log(a) - np.log(b + repeats - 1) - (r + x) * log_last, -np.inf)
    either = np.logaddexp(active, dropped)
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + either
    share = np.exp(dropped - either)  # of the likelihood that lies with having dropped out
    by_r = digamma(r + x) - digamma(r) + np.log(alpha) - (1 - share) * log_end - share * log_last
    by_alpha = r / alpha - (r + x) * ((1 - share) / (alpha + of.T) + share / (alpha + of.tx))
    both = digamma(a + b) - digamma(a + b + x)
    by_a = both + share / a
    by_b = both + digamma(b + x) - digamma(b) - share / (b + repeats - 1)
    gradient = np.array([weights @ by_r * r, weights @ by_alpha * alpha, weights @ by_a * a, weights @ by_b * b])
    return -float(weights @ value), -gradient
