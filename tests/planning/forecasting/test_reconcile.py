"""Sums add up, and they are those of generalized least squares."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.forecasting.reconcile import Level, reconcile


def tree(seed: int, rows: int) -> tuple[Level, Level, Level]:
    draw = np.random.default_rng(seed)
    middle_of = np.sort(draw.integers(0, max(1, rows // 2), rows))
    middle_of = np.unique(middle_of, return_inverse=True)[1] if rows else middle_of
    tops = int(middle_of.max(initial=-1)) + 1
    leaf_of = np.sort(np.r_[np.arange(rows), draw.integers(0, rows, rows)]) if rows else np.zeros(0, int)

    def level(count: int, parent: np.ndarray) -> Level:
        return Level(draw.gamma(2, 5, count), draw.gamma(2, 2, count), parent)

    return level(tops, np.arange(tops)), level(rows, middle_of), level(len(leaf_of), leaf_of)


@settings(max_examples=80)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_every_level_adds_up_and_nothing_is_negative(seed: int, rows: int) -> None:
    top, middle, bottom = tree(seed, rows)
    totals, items, leaves = reconcile(top, middle, bottom)
    assert np.allclose(np.bincount(bottom.parent, leaves, len(items)), items, rtol=1e-9, atol=1e-9)
    assert np.allclose(np.bincount(middle.parent, items, len(totals)), totals, rtol=1e-9, atol=1e-9)
    assert all((one >= 0).all() for one in (totals, items, leaves))


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_it_is_generalized_least_squares(seed: int, rows: int) -> None:
    """The matrix form of the paper: S (S'W^-1 S)^-1 S'W^-1 y, where no part falls below 0."""
    top, middle, bottom = tree(seed, rows)
    middle_of = np.eye(len(middle.mean))[:, bottom.parent]
    top_of = np.eye(len(top.mean))[:, middle.parent] @ middle_of
    sums = np.vstack([top_of, middle_of, np.eye(len(bottom.mean))])
    forecasts = np.concatenate([top.mean, middle.mean, bottom.mean])
    weight = np.diag(1 / np.concatenate([top.variance, middle.variance, bottom.variance]))
    exact = sums @ np.linalg.solve(sums.T @ weight @ sums, sums.T @ weight @ forecasts)
    if (exact >= 0).all():
        assert np.allclose(np.concatenate(reconcile(top, middle, bottom)), exact, rtol=1e-5, atol=1e-6)


def test_a_forecast_without_parts_is_its_own() -> None:
    none = Level(np.zeros(0), np.zeros(0), np.zeros(0, int))
    unknown = Level(np.zeros(1), np.array([np.inf]), np.zeros(1, int))
    totals, items, _ = reconcile(unknown, Level(np.array([3.0]), np.array([1.0]), np.zeros(1, int)), none)
    assert (totals.tolist(), items.tolist()) == ([3], [3])
