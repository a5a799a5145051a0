"""Lifetime value with its interval for 1,000,000 people, against fitting every row with a gradient by differences, as is usual.

Run: python -m benchmarks.clv [--people 1000000]
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from sluice.customers.value import bgnbd, gamma_gamma
from sluice.customers.value.bgnbd import Floats, Histories
from sluice.customers.value.lifetime import Horizon, lifetime
from tests.customers.value.market import CDNOW, SPEND, market

LIMIT = 12.0
"""Seconds for a million people."""
PLAIN_PEOPLE = 20_000


def plain_fit(of: Histories) -> Floats:
    """BG/NBD by the paper: every person a row, gradient by differences."""

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        active = -(r + of.x) * np.log(alpha + of.T)
        left = np.where(of.x > 0, np.log(a) - np.log(b + np.maximum(of.x, 1) - 1) - (r + of.x) * np.log(alpha + of.tx), -np.inf)
        common = gammaln(r + of.x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + of.x) - betaln(a, b)
        return -float(np.mean(common + np.logaddexp(active, left)))

    return np.exp(minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=bgnbd.BOUNDS).x)


def seconds(task: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of this process, which other work on the machine changes least."""
    began = time.process_time()
    done = task()
    return time.process_time() - began, done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    rng = np.random.default_rng(2005)
    drawn = market(people, rng, weeks=104)
    began = time.monotonic()
    fitting, buying = seconds(lambda: bgnbd.fit(drawn.of))
    spending_seconds, spending = seconds(lambda: gamma_gamma.fit(drawn.of.x + 1, drawn.average))
    assert isinstance(buying, bgnbd.BgNbd)
    assert isinstance(spending, gamma_gamma.GammaGamma)
    valuing, _ = seconds(lambda: lifetime(buying, spending, drawn.of, drawn.average, Horizon()))
    wall, cpu = time.monotonic() - began, fitting + spending_seconds + valuing
    sample = market(PLAIN_PEOPLE, rng, weeks=104)
    plain, _ = seconds(lambda: plain_fit(sample.of))
    print(
        f"{people:,} people, CPU: BG/NBD {fitting:.1f} s, gamma-gamma {spending_seconds:.1f} s, values, intervals {valuing:.1f} s"
    )
    for name, found, true in (
        ("r, alpha, a, b", (buying.r, buying.alpha, buying.a, buying.b), CDNOW),
        ("p, q, v", (spending.p, spending.q, spending.v), SPEND),
    ):
        print(
            f"  {name}: "
            + ", ".join(f"{one:.4g} (true {of:.4g}, {one / of - 1:+.1%})" for one, of in zip(found, true, strict=True))
        )
    print(f"  {people / cpu:,.0f} people a CPU second, {wall:.1f} s by the clock")
    faster = (plain / PLAIN_PEOPLE) / (fitting / people)
    print(f"fit against every row by differences ({PLAIN_PEOPLE:,} people): {faster:.1f} x as fast")
    if people < 1_000_000:
        return 0
    print(f"against the limit of {LIMIT:.0f} s for a million: {LIMIT / cpu:.2f} x")
    return 0 if cpu <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
