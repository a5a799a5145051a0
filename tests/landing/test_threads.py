"""While a landing runs, threads hand over soon; afterwards Python's own interval is in force again."""

import sys

import pytest

from sluice.landing.threads import INTERVAL, brisk


def test_the_interval_is_short_only_while_the_block_runs() -> None:
    usual = sys.getswitchinterval()
    with brisk():
        assert sys.getswitchinterval() == pytest.approx(INTERVAL)
        with brisk():
            assert sys.getswitchinterval() == pytest.approx(INTERVAL)
        assert sys.getswitchinterval() == pytest.approx(INTERVAL)
    assert sys.getswitchinterval() == usual


def test_a_landing_that_fails_leaves_the_usual_interval() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ValueError, match="broken"), brisk():
        raise ValueError("broken")
    assert sys.getswitchinterval() == usual


def test_an_interval_that_is_shorter_already_stays() -> None:
    usual = sys.getswitchinterval()
    try:
        sys.setswitchinterval(INTERVAL / 2)
        with brisk():
            assert sys.getswitchinterval() == pytest.approx(INTERVAL / 2)
    finally:
        sys.setswitchinterval(usual)
