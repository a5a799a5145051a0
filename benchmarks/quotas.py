"""Quotas for 100,000 rows of five channels, against a plain loop that gives out one piece after the other.

Run: python -m benchmarks.quotas
     python -m benchmarks.quotas --properties 1000000    the allocator's promises on as many random rows, and those of rules
"""

import argparse
import heapq
import sys
import time
from collections import Counter

import numpy as np
import polars as pl
from scipy.special import ndtr

from sluice.planning.cut import cut
from sluice.planning.quotas import Channels, Stock, allocate
from sluice.planning.replan import Basis, replan
from sluice.planning.rules import Place, ruling
from sluice.planning_policy import Planning

ROWS, LOOP_ROWS, CHANNELS = 100_000, 2_000, 5
FACILITIES = 5
SHOPS = [(f"channel_{number}", "main") for number in range(CHANNELS)]
RULES = {
    "quotas": [{"channel": channel, "shop": shop, "priority": 1 + at // 2} for at, (channel, shop) in enumerate(SHOPS)],
    "pools": {"east": ["F0", "F1"]},
    "rules": [
        {"percent": 80, "plus": -1, "threshold": 2},
        {"channel": "channel_1", "lock": 5, "exclusive": True},
        {"channel": "channel_2", "share": {"pool": "east", "percent": 30}},
        {"channel": "channel_3", "max": 40, "facilities": {"except": "F4"}},
        {"channel": "channel_0", "publish": "computed"},
    ],
}
AT_ONCE = 10_000
"""Random rows a draw."""


def greedy_row(available: int, wants: Channels, row: int, at: list[int] | None = None) -> tuple[list[int], float]:
    """One row by the book: floors in order of value, then each piece to the best bidder. Returns quotas and their worth.

    With `at` the quotas are given and only their worth is counted.
    """
    columns = wants.value.shape[1]
    value, mean = wants.value[row].tolist(), wants.demand_mean[row].tolist()
    sd = np.maximum(wants.demand_sd[row], 1e-9).tolist()
    limit = np.minimum(wants.isolation[row], wants.cap[row]).tolist()

    def worth(channel: int, piece: int) -> float:
        return float(value[channel] * (1 - ndtr((piece + 0.5 - mean[channel]) / sd[channel])))

    if at is None:
        quota, left = [0] * columns, available
        for channel in sorted(range(columns), key=lambda channel: -value[channel]):
            quota[channel] = min(int(wants.floor[row, channel]), int(wants.cap[row, channel]), left)
            left -= quota[channel]
        bids = [(-worth(channel, quota[channel]), channel) for channel in range(columns) if quota[channel] < limit[channel]]
        heapq.heapify(bids)
        while left and bids:
            _, channel = heapq.heappop(bids)
            quota[channel] += 1
            left -= 1
            if quota[channel] < limit[channel]:
                heapq.heappush(bids, (-worth(channel, quota[channel]), channel))
        at = quota
    return at, sum(worth(channel, piece) for channel in range(columns) for piece in range(int(at[channel])))


def rows_of(rows: int, seed: int = 7) -> tuple[Stock, Channels]:
    """Weekly demand of some 5 to 100 pieces a channel, stock for 40 to 120 % of it."""
    draw = np.random.default_rng(seed)
    wide = (rows, CHANNELS)
    mean = draw.gamma(1.5, 20.0, wide)
    stock = np.floor(mean.sum(axis=1) * draw.uniform(0.4, 1.2, rows)).astype(np.int64)
    nothing = np.zeros(rows, np.int64)
    value = np.tile([1.0, 0.8, 0.7, 0.6, 0.5], (rows, 1))
    floor, cap, isolation = draw.integers(0, 5, wide), np.full(wide, 10**6), np.ceil(mean).astype(np.int64)
    return Stock(stock, nothing, nothing, nothing, stock // 20), Channels(value, mean, 1.5 * np.sqrt(mean), floor, cap, isolation)


def by_allocator() -> None:
    stock, wants = rows_of(ROWS)
    began = time.process_time()
    made = allocate(stock, wants)
    vectorised = ROWS / (time.process_time() - began)
    began = time.process_time()
    for row in range(LOOP_ROWS):
        greedy_row(int(stock.on_hand[row] - made.buffer[row]), wants, row)
    looped = LOOP_ROWS / (time.process_time() - began)
    print(f"quotas: {vectorised:,.0f} rows/s a core; plain loop {looped:,.0f} rows/s; ratio {vectorised / looped:,.0f}x")


def by_rules() -> None:
    """The same rows as 20,000 SKUs at five facilities: four channels under a rule, one computed."""
    stock, wants = rows_of(ROWS)
    policy, rows = Planning.model_validate(RULES), np.arange(ROWS)
    skus, names = [f"S{number}" for number in range(ROWS // FACILITIES)], [f"F{number}" for number in range(FACILITIES)]
    place = Place(skus, names, rows // FACILITIES, rows % FACILITIES)
    began = time.process_time()
    terms = ruling(policy, SHOPS, place)
    cut(stock, wants, np.array([quota.priority for quota in policy.quotas]), place, terms, 0.2)
    print(f"quotas by rules: {ROWS / (time.process_time() - began):,.0f} rows/s a core")


def one_event(items: int = 50, times: int = 100) -> None:
    """Frames in, frames out, as an event decides: ten SKUs at five facilities and five channels."""
    stock, wants = rows_of(items)
    keys = [(f"F{number % FACILITIES}", f"S{number // FACILITIES}") for number in range(items)]
    position = pl.DataFrame(keys, schema=["facility_id", "sku"], orient="row")
    demand = position.join(
        pl.DataFrame(SHOPS, schema=["channel", "shop"], orient="row"), how="cross", maintain_order="left_right"
    )
    demand = demand.with_columns(expected=wants.demand_mean.ravel(), spread=wants.demand_sd.ravel())
    basis = Basis(position.with_columns(safety_stock=stock.buffer), demand)
    position = position.with_columns(on_hand=stock.on_hand, committed=0, held=0, presale_reserve=0)
    for name, policy in (("computed", Planning()), ("by rules", Planning.model_validate(RULES))):
        took = []
        for _ in range(times):
            began = time.perf_counter()
            replan(position, basis, policy)
            took.append(time.perf_counter() - began)
        print(
            f"one decision on {items} items of {CHANNELS} channels, {name}: {1000 * min(took):.1f} ms at best, "
            f"{1000 * float(np.median(took)):.1f} ms median of {times}"
        )


def by_optimum() -> None:
    """Four classes worth 1, .8, .6 and .4, Poisson orders, stock for 60 to 120 % of demand; each rule's worth is exact."""
    from tests.planning.optimum import first_come, protected, protected_once, worth

    value = np.array([1.0, 0.8, 0.6, 0.4])
    rules = {"solved anew": protected, "solved once": protected_once, "a plain pool": lambda value, mean: first_come(value)}
    shares: dict[str, list[float]] = {name: [] for name in rules}
    for mix in ([0.25, 0.25, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]):
        for stock in range(24, 49, 4):
            mean = 40 * np.array(mix)
            best = worth(value, mean, stock, None)
            for name, rule in rules.items():
                shares[name].append(worth(value, mean, stock, rule(value, mean)) / best)
    for name, found in shares.items():
        print(f"worth of the optimum, {name}: {min(found):.1%} to {max(found):.1%} in {len(found)} worlds")
    ahead = min(one - other for one, other in zip(shares["solved anew"], shares["a plain pool"], strict=True))
    print(f"solved anew less a plain pool, worst world: {ahead:+.2%} (aims: 98 % of the optimum, never below the pool)")


def properties(rows: int) -> int:
    """Rows that break a promise. The allocator's under 1 to 8 channels and every pool share; rules on a fourth as many SKUs."""
    from tests.planning import properties, ruled
    from tests.planning.cases import random_rows

    found: Counter[str] = Counter()
    for seed in range(rows // AT_ONCE):
        share = (0.0, 0.2, 0.5, 1.0)[seed % 4]
        stock, wants = random_rows(AT_ONCE, 1 + seed % 8, seed)
        found.update(properties.violations(stock, wants, lambda stock, wants, share=share: allocate(stock, wants, share)))
    print(f"allocator: {rows // AT_ONCE * AT_ONCE:,} random rows; broken: {dict(found)}")
    by_rule: Counter[str] = Counter()
    skus = AT_ONCE // 100
    for seed in range(rows // 4 // skus):
        by_rule.update(ruled.violations(ruled.random_ruled(skus, seed)))
    print(f"rules: {rows // 4 // skus:,} random policies on {skus} SKUs at 4 facilities each; broken: {dict(by_rule)}")
    return found.total() + by_rule.total()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--properties", type=int, metavar="ROWS", help="hold the promises against random rows instead")
    given = options.parse_args()
    if given.properties:
        sys.exit(1 if properties(given.properties) else 0)
    by_allocator()
    by_rules()
    one_event()
    by_optimum()


if __name__ == "__main__":
    main()
