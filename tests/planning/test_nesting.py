"""EMSR-b against the literature."""

import numpy as np
import pytest

from sluice.planning.nesting import protection, residual


def test_six_fare_classes_of_fiig_et_al() -> None:
    """T. Fiig et al., Optimization of mixed fare structures (2010), as asserted in the tests of RevPy (MIT)."""
    value = np.array([[1200.0, 1000, 800, 600, 400, 200]])
    mean = np.array([[31.2, 10.9, 14.8, 19.9, 26.9, 36.3]])
    sd = np.array([[11.2, 6.6, 7.7, 8.9, 10.4, 12.0]])
    assert np.rint(protection(value, mean, sd)).tolist() == [[0, 20, 35, 54, 80, 117]]


def test_four_fare_classes_of_talluri_and_van_ryzin() -> None:
    """The Theory and Practice of Revenue Management, example 2.3; the book rounds to 16.7, 50.9, 83.1."""
    value = np.array([[1050.0, 567, 534, 520]])
    mean = np.array([[17.3, 45.1, 39.6, 34.0]])
    sd = np.array([[5.8, 15.0, 13.2, 11.3]])
    assert protection(value, mean, sd)[0] == pytest.approx([0, 16.7, 50.9, 83.15], abs=0.05)


def test_two_classes_are_littlewoods_rule() -> None:
    """P(D > y) = v2 / v1 at half the value: the median."""
    levels = protection(np.array([[1.0, 0.5]]), np.array([[20.0, 9.0]]), np.array([[5.0, 3.0]]))
    assert levels[0] == pytest.approx([0, 20.0])


def test_equal_channels_are_not_protected_from_each_other() -> None:
    value, mean, sd = np.array([[1.0, 0.5, 0.5]]), np.array([[4.0, 8.0, 8.0]]), np.array([[2.0, 3.0, 3.0]])
    levels = protection(value, mean, sd)[0]
    assert levels[1] == levels[2] == pytest.approx(4.0)


def test_what_a_quota_leaves_over_agrees_with_simulation() -> None:
    draws = np.random.default_rng(1).normal(30, 12, 2_000_000)
    left = np.maximum(0, draws - 34)
    mean, sd = residual(np.array([[30.0]]), np.array([[12.0]]), np.array([[34.0]]))
    assert mean[0, 0] == pytest.approx(left.mean(), rel=0.01)
    assert sd[0, 0] == pytest.approx(left.std(), rel=0.01)
