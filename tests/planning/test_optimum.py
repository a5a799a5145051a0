"""Protection solved anew reaches 98 % of the best that any rule can do, and no less than a plain pool; solved once it doesn't."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from tests.planning.optimum import first_come, protected, protected_once, worth

VALUE = np.array([1.0, 0.8, 0.6, 0.4])
MIX = np.array([0.25, 0.25, 0.25, 0.25])
STOCK = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)


def test_the_oracle_knows_what_can_be_known_without_it() -> None:
    """One class: expected sales of Poisson demand. Far too little stock: all of it goes to the best class."""
    stock, mean = 12, np.array([10.0])
    sold = sum(min(stock, k) * poisson.pmf(k, 10) for k in range(80))
    assert worth(np.array([1.0]), mean, stock, None) == pytest.approx(sold, rel=2e-3)
    assert worth(np.array([1.0]), mean, stock, first_come(mean)) == pytest.approx(sold, rel=2e-3)
    assert worth(VALUE, 100 * MIX, 10, None) == pytest.approx(10, rel=1e-2)


@pytest.mark.parametrize("share", STOCK)
def test_solved_anew_it_is_98_percent_of_the_optimum_and_no_less_than_a_pool(share: float) -> None:
    mean = 40 * MIX
    stock = round(share * 40)
    best = worth(VALUE, mean, stock, None)
    anew = worth(VALUE, mean, stock, protected(VALUE, mean))
    assert anew >= 0.98 * best
    assert anew >= worth(VALUE, mean, stock, first_come(VALUE)) - 1e-9


def test_solved_once_it_is_worse_than_no_protection() -> None:
    mean = 40 * MIX
    once, pool = (worth(VALUE, mean, 40, rule) for rule in (protected_once(VALUE, mean), first_come(VALUE)))
    assert once < pool


@settings(max_examples=12)
@given(
    st.integers(2, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.floats(0.2, 1.0), min_size=n, max_size=n).map(lambda found: sorted(found, reverse=True)),
            st.lists(st.floats(1.0, 8.0), min_size=n, max_size=n),
        )
    ),
    st.floats(0.5, 1.3),
)
def test_any_classes(world: tuple[list[float], list[float]], share: float) -> None:
    value, mean = (np.array(part) for part in world)
    stock = max(1, round(share * mean.sum()))
    best = worth(value, mean, stock, None)
    anew = worth(value, mean, stock, protected(value, mean))
    assert anew <= best + 1e-9
    assert anew >= 0.95 * best
    assert anew >= 0.995 * worth(value, mean, stock, first_come(value))
