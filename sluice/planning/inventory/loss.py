"""Loss functions: the pieces expected to be asked for beyond what there is, E[(D - x)+].

Normal: Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., appendix II; Snyder & Shen,
*Fundamentals of Supply Chain Theory*, 2nd ed., appendix C, which also has the second-order loss and the discrete ones.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
STEPS = 60


def density(z: ArrayLike) -> Floats:
    """Of the standard normal."""
    return np.asarray(np.exp(-np.square(np.asarray(z, np.float64)) / 2) / ROOT_TWO_PI)


def standard_loss(z: ArrayLike) -> Floats:
    """G(z) = phi(z) - z (1 - Phi(z)): E[(Z - z)+] for a standard normal Z."""
    z = np.asarray(z, np.float64)
    return np.asarray(np.maximum(0.0, density(z) - z * ndtr(-z)))


def second_standard_loss(z: ArrayLike) -> Floats:
    """E[((Z - z)+)^2] / 2, the loss of the loss: backorders outstanding under (r,Q) are made of it."""
    z = np.asarray(z, np.float64)
    return np.asarray(np.maximum(0.0, ((z * z + 1) * ndtr(-z) - z * density(z)) / 2))


def standard_loss_inverse(loss: ArrayLike) -> Floats:
    """The z at which G(z) = `loss`; +inf where nothing may be lost, -inf never.

    Newton from below: G is convex and falls, and G(z) >= -z, so that steps from there on never pass the root.
    """
    wanted = np.asarray(loss, np.float64)
    z = np.where(wanted > 0.4, -wanted, 0.0)
    for _ in range(STEPS):
        slope = np.maximum(ndtr(-z), 1e-300)
        step = (standard_loss(z) - wanted) / slope
        z = np.clip(z + step, None, 40.0)
        if np.all(np.abs(step) <= 1e-12 * np.maximum(1.0, np.abs(z))):
            break
    return np.where(wanted > 0, z, np.inf)


def normal_loss(x: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Floats:
    """E[(D - x)+] for normal D; with sd 0 what is missing for certain."""
    x, mean, sd = (np.asarray(one, np.float64) for one in (x, mean, sd))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sd * standard_loss((x - mean) / sd)
    return np.where(sd > 0, spread, np.maximum(0.0, mean - x))


def discrete_loss(probability: ArrayLike) -> Floats:
    """E[(D - x)+] for x = 0, 1, ..., n from P(D = 0), ..., P(D = n - 1), of a demand that is below n."""
    probability = np.asarray(probability, np.float64)
    beyond = np.r_[probability[::-1].cumsum()[::-1][1:], 0.0]
    return np.asarray(np.r_[beyond[::-1].cumsum()[::-1], 0.0])


def poisson_loss(x: ArrayLike, mean: ArrayLike) -> Floats:
    """E[(D - x)+] for Poisson D and whole x: (mean - x) P(D >= x) + x P(D = x), of any sign."""
    from scipy.stats import poisson

    x, mean = np.asarray(x, np.float64), np.asarray(mean, np.float64)
    lost = (mean - x) * poisson.sf(x - 1, mean) + x * poisson.pmf(x, mean)
    return np.asarray(np.where(x < 0, mean - x, np.maximum(0.0, lost)))


def negative_binomial_loss(x: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """E[(D - x)+] for negative binomial D and whole x; Poisson where the variance is not above the mean."""
    from scipy.stats import nbinom

    x, mean, variance = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (x, mean, variance)))
    wide = variance > mean * (1 + 1e-9)
    spread = np.where(wide, variance, mean * 2 + 1)
    size, chance = shape(mean, spread)
    # k P(D = k) of one is mean P(D = k - 1) of the other with one more success to wait for
    lost = mean * nbinom.sf(x - 2, size + 1, chance) - x * nbinom.sf(x - 1, size, chance)
    lost = np.where(x < 0, mean - x, np.maximum(0.0, lost))
    return np.asarray(np.where(wide, np.where(mean > 0, lost, np.maximum(0.0, -x)), poisson_loss(x, mean)))


def shape(mean: ArrayLike, variance: ArrayLike) -> tuple[Floats, Floats]:
    """Size r and probability p of the negative binomial with this mean and variance, variance above mean."""
    mean, variance = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        size, chance = mean * mean / (variance - mean), mean / variance
    return np.where(mean > 0, size, 1.0), np.where(mean > 0, chance, 1.0)


def count_quantile(level: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Floats:
    """The smallest whole x with P(D <= x) >= `level` (0..1, exclusive): negative binomial, or Poisson where variance <= mean."""
    from scipy.stats import nbinom, poisson

    level, mean, variance = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (level, mean, variance)))
    wide = variance > mean * (1 + 1e-9)
    size, chance = shape(mean, np.where(wide, variance, mean * 2 + 1))
    found = np.where(wide, nbinom.ppf(level, size, chance), poisson.ppf(level, mean))
    return np.asarray(np.where(mean > 0, found, 0.0))


def normal_quantile(level: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Floats:
    """The x with P(D <= x) = `level`."""
    return np.asarray(np.asarray(mean, np.float64) + ndtri(np.asarray(level, np.float64)) * np.asarray(sd, np.float64))
