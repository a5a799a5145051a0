"""Random rows that reach every corner of the allocator: scarce and ample stock, no demand, ties, floors above caps, claims."""

import numpy as np

from sluice.planning.quotas import UNLIMITED, Channels, Stock


def random_rows(rows: int, channels: int, seed: int) -> tuple[Stock, Channels]:
    draw = np.random.default_rng(seed)
    wide = (rows, channels)
    scale = draw.choice([0.3, 3.0, 30.0, 1000.0], size=(rows, 1))
    mean = np.where(draw.random(wide) < 0.15, 0.0, draw.gamma(1.5, 1.0, wide) * scale)
    sd = np.where(draw.random(wide) < 0.1, 0.0, np.sqrt(mean) * draw.uniform(0.3, 3.0, wide))
    isolation = np.ceil(mean * draw.choice([0.0, 0.5, 1.0, 2.0], size=wide)).astype(np.int64)
    cap = np.where(draw.random(wide) < 0.6, UNLIMITED, draw.integers(0, 60, wide))
    floor = np.where(draw.random(wide) < 0.5, 0, draw.integers(0, 30, wide))
    value = draw.choice([1.0, 0.8, 0.6, 0.6, 0.4, 0.05], size=wide)
    demanded = mean.sum(axis=1)
    on_hand = np.floor(demanded * draw.uniform(0, 2.5, rows) + draw.integers(0, 40, rows)).astype(np.int64)
    on_hand = np.where(draw.random(rows) < 0.02, -draw.integers(1, 20, rows), on_hand)

    def claim(probability: float) -> np.ndarray:
        return np.where(draw.random(rows) < probability, np.floor(demanded * draw.uniform(0, 0.6, rows)), 0).astype(np.int64)

    claims = [claim(probability) for probability in (0.4, 0.2, 0.3, 0.6)]
    return Stock(on_hand, *claims), Channels(value, mean, sd, floor, cap, isolation)
