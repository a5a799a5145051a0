"""The measures, by hand and against the literature."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from sluice.planning.forecasting import accuracy

M4 = os.environ.get("M4_WEEKLY", "")


def test_by_hand() -> None:
    history = [[np.nan, 1.0, 3.0, 2.0, 4.0]]
    assert accuracy.naive_scale(history, 1)[0] == pytest.approx(5 / 3)
    assert accuracy.naive_scale(history, 2)[0] == 3
    assert accuracy.naive_scale(history, 1, season=2)[0] == 1
    actual, forecast = [[2.0, 6.0]], [[4.0, 5.0]]
    assert accuracy.rmsse(actual, forecast, [3.0])[0] == pytest.approx((2.5 / 3) ** 0.5)
    assert accuracy.mase(actual, forecast, [1.5])[0] == 1
    assert accuracy.smape(actual, forecast)[0] == pytest.approx(100 * (2 * 2 / 6 + 2 * 1 / 11) / 2)
    assert accuracy.pinball(actual, forecast, 0.9)[0] == pytest.approx((0.1 * 2 + 0.9 * 1) / 2)
    assert accuracy.wape(actual, forecast) == 3 / 8
    assert accuracy.bias(actual, forecast) == 1 / 8
    assert accuracy.weighted([1.0, np.nan, 3.0], [1, 100, 3]) == 2.5


def test_what_has_no_scale_has_no_score() -> None:
    assert np.isnan(accuracy.rmsse([[1.0]], [[2.0]], accuracy.naive_scale([[5.0, 5.0]], 2)))
    assert np.isnan(accuracy.naive_scale([[5.0]], 1))
    assert np.isnan(accuracy.weighted([np.nan], [1]))
    assert np.isnan(accuracy.smape([[0.0]], [[0.0]]))


def test_the_best_quantile_has_the_least_pinball_loss() -> None:
    drawn = np.random.default_rng(1).gamma(2, 5, 20_000)
    losses = {share: accuracy.pinball(drawn, np.quantile(drawn, share), 0.95) for share in (0.9, 0.95, 0.98)}
    assert min(losses, key=lambda share: losses[share]) == 0.95


@pytest.mark.skipif(not M4, reason="M4_WEEKLY names no folder with the weekly series of the M4 competition")
def test_the_naive_forecast_of_the_m4_competition() -> None:
    """Published: MASE 2.777, sMAPE 9.161 (S. Makridakis et al., "The M4 Competition", IJF 36, 2020; Weekly)."""

    def rows(name: str) -> list[np.ndarray]:
        lines = gzip.decompress((Path(M4) / f"m4_weekly_{name}.csv.gz").read_bytes()).decode().splitlines()[1:]
        return [np.array([float(cell.strip('"')) for cell in line.split(",")[1:] if cell.strip('"')]) for line in lines]

    train, test = rows("train"), np.array(rows("test"))
    naive = np.repeat([[series[-1]] for series in train], test.shape[1], axis=1)
    scale = np.array([accuracy.naive_scale([series], 1)[0] for series in train])
    assert round(float(accuracy.mase(test, naive, scale).mean()), 3) == 2.777
    assert round(float(accuracy.smape(test, naive).mean()), 3) == 9.161
