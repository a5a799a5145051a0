"""Our smoothing of many series at once against statsforecast, which smooths one after the other."""

from collections.abc import Callable

import numpy as np
import pytest
import statsforecast.models as peer

from sluice.planning.forecasting.intermittent import adida, croston, imapa, mean_interval, sba, tsb
from sluice.planning.forecasting.smoothing import optimized, ses


def series(rows: int = 120, times: int = 90, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Steady to rare demand that begins at different times with a sale, and where each begins."""
    draw = np.random.default_rng(seed)
    rate = draw.choice([0.05, 0.3, 1.0, 20.0], (rows, 1)) * draw.uniform(0.5, 1.5, (rows, 1))
    values = draw.poisson(rate * draw.gamma(2, 0.5, (rows, times))).astype(float)
    start = draw.integers(0, times - 10, rows)
    values[np.arange(times)[None, :] < start[:, None]] = 0
    values[np.arange(rows), start] += 1
    return values, start


def of_peer(model: object) -> np.ndarray:
    values, start = series()
    return np.array([model.forecast(row[at:], h=1)["mean"][0] for row, at in zip(values, start, strict=True)])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda values, start: ses(values, start, np.full(len(values), 0.2))[0], peer.SimpleExponentialSmoothing(0.2)),
        (croston, peer.CrostonClassic()),
        (sba, peer.CrostonSBA()),
        (tsb, peer.TSB(0.1, 0.1)),
    ],
    ids=["ses", "croston", "sba", "tsb"],
)
def test_it_is_what_statsforecast_gives(ours: Callable[..., np.ndarray], theirs: object) -> None:
    assert np.allclose(ours(*series()), of_peer(theirs), rtol=1e-6)


@pytest.mark.parametrize(("ours", "theirs"), [(adida, peer.ADIDA()), (imapa, peer.IMAPA())], ids=["adida", "imapa"])
def test_with_fitted_parameters_it_is_as_near_as_the_search(ours: Callable[..., np.ndarray], theirs: object) -> None:
    found, expected = ours(*series()), of_peer(theirs)
    shallow = mean_interval(*series()) < 20
    assert np.median(np.abs(found / expected - 1)[shallow]) < 1e-3
    assert (np.abs(found / expected - 1)[shallow] < 0.03).mean() > 0.9


def test_no_parameter_that_statsforecast_finds_fits_better() -> None:
    values, start = series()
    alpha, forecast = optimized(values, start)
    ours = ses(values, start, alpha)[1]
    grid = [ses(values, start, np.full(len(values), one))[1] for one in np.linspace(0.01, 0.99, 197)]
    assert (ours <= np.min(grid, axis=0) * 1.0005).mean() > 0.98
    expected = of_peer(peer.SimpleExponentialSmoothingOptimized())
    assert (np.abs(forecast - expected) <= 0.02 * np.maximum(expected, 0.1)).mean() > 0.9


@pytest.mark.parametrize("model", [croston, sba, tsb, adida, imapa])
def test_nothing_and_next_to_nothing(model: Callable[..., np.ndarray]) -> None:
    assert model(np.zeros((0, 10)), np.zeros(0, int)).shape == (0,)
    assert model(np.zeros((2, 10)), np.array([0, 9])).tolist() == [0, 0]
    assert model(np.array([[0.0, 0, 3]]), np.array([2]))[0] > 0
    assert model(np.array([[4.0]]), np.array([0]))[0] > 0
