"""Quotas for 100,000 rows of five channels, against a plain loop that gives out one piece after the other.

Run: python -m benchmarks.quotas
"""

import heapq
import time

import numpy as np
from scipy.special import ndtr

from sluice.planning.quotas import Channels, Stock, allocate

ROWS, LOOP_ROWS, CHANNELS = 100_000, 2_000, 5


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


def main() -> None:
    stock, wants = rows_of(ROWS)
    began = time.process_time()
    made = allocate(stock, wants)
    vectorised = ROWS / (time.process_time() - began)
    began = time.process_time()
    for row in range(LOOP_ROWS):
        greedy_row(int(stock.on_hand[row] - made.buffer[row]), wants, row)
    looped = LOOP_ROWS / (time.process_time() - began)
    print(f"quotas: {vectorised:,.0f} rows/s a core; plain loop {looped:,.0f} rows/s; ratio {vectorised / looped:,.0f}x")


if __name__ == "__main__":
    main()
