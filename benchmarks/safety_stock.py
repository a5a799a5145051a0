"""Quantiles of lead-time demand and the stock they lead to, on a year of real demand, beside the textbook and rules of thumb.

Run: python -m benchmarks.safety_stock
"""

import time

import numpy as np
import polars as pl
from scipy.special import ndtri

from sluice.planning.forecasting.conformal import trailing, window_quantiles
from sluice.planning.inventory.backtest import Setting, backtest
from sluice.planning.inventory.levels import Supply, Target, normal
from sluice.planning.inventory.policies import Costs
from tests.planning.forecasting.demand_sets import online_retail, since_first_sale

LEVELS = np.array([0.90, 0.95, 0.98])
FIRST, KNOWN = 168, 56
MILLION = 1_000_000


def coverage(history: np.ndarray, window: int) -> None:
    """Windows of `window` days at weekly origins, each quantile from the days before."""
    ours, textbook, losses = [], [], []
    for origin in range(FIRST, history.shape[1] - window + 1, 7):
        known = np.isfinite(history[:, :origin]).sum(axis=1) >= KNOWN
        past, actual = history[known, :origin], history[known, origin : origin + window].sum(axis=1)[:, None]
        quantile = np.ceil(window_quantiles(past, trailing(past)[0][:, -1] * window, window, LEVELS))
        spread = ndtri(LEVELS) * np.nanstd(past, axis=1)[:, None] * window**0.5
        formula = np.ceil(np.nanmean(past, axis=1)[:, None] * window + spread)
        ours.append((actual <= quantile).mean(axis=0))
        textbook.append((actual <= formula).mean(axis=0))
        losses.append([np.maximum(LEVELS * (actual - one), (LEVELS - 1) * (actual - one)).mean() for one in (quantile, formula)])
    covered, missed, (loss, other) = np.mean(ours, axis=0), np.mean(textbook, axis=0), np.mean(losses, axis=0)
    for level, kept, formula_kept in zip(LEVELS, covered, missed, strict=True):
        off = 100 * (kept - level)
        print(f"  {window:2} days, {level:.2f}: covered {kept:.3f} ({off:+.1f} points), normal formula {formula_kept:.3f}")
    print(f"  {window:2} days: pinball loss {loss:.2f}, normal formula {other:.2f}: {loss / other - 1:+.0%}")


def service(history: np.ndarray) -> None:
    """A stock kept for half a year: lead time 14 ± 3 days, weekly review."""
    items = len(history)
    supply = Supply(np.full(items, 14.0), np.full(items, 3.0), 7)
    for fill in (False, True):
        target = Target(np.full(items, 0.95), np.full(items, fill))
        began = time.process_time()
        made = backtest(Setting(history, supply, target, history.shape[1] // 2), ["every"] * items)
        kind = "fill rate" if fill else "cycle service level"
        print(f"target {kind} 0.95 ({time.process_time() - began:.1f} s of CPU time for all methods)")
        for row in made.filter(pl.col("demand_class") == "all").iter_rows(named=True):
            print(f"  {row['method']:17} {row['achieved']:.3f}, mean stock {row['stock']:9,.0f}, {row['lines']:6,} order lines")


def ordered_otherwise(history: np.ndarray) -> None:
    """The same by other policies: an order costs 20, a piece 2, held for a quarter of it a year."""
    items = len(history)
    supply = Supply(np.full(items, 14.0), np.full(items, 3.0), 7)
    costs = Costs(np.full(items, 20.0), np.full(items, 2 * 0.25 / 365), np.full(items, np.nan))
    for policy in ("base_stock", "r_q", "s_s"):
        for fill in (False, True):
            target = Target(np.full(items, 0.95), np.full(items, fill))
            setting = Setting(history, supply, target, history.shape[1] // 2, policy=policy, costs=costs)
            made = backtest(setting, ["every"] * items).filter(pl.col("demand_class") == "all")
            print(f"{policy}, target {'fill rate' if fill else 'cycle service level'} 0.95")
            for row in made.head(2).iter_rows(named=True):
                print(
                    f"  {row['method']:17} {row['achieved']:.3f}, mean stock {row['stock']:9,.0f}, {row['lines']:6,} order lines"
                )


def speed() -> None:
    draw = np.random.default_rng(1)
    mean, lead = draw.gamma(1, 5, MILLION) + 0.01, draw.uniform(3, 30, MILLION)
    supply = Supply(lead, lead * 0.2, 7)
    for fill in (False, True):
        began = time.process_time()
        normal(mean, mean * 0.8, supply, Target(np.full(MILLION, 0.95), np.full(MILLION, fill)))
        spent = time.process_time() - began
        kind = "fill rate" if fill else "cycle service level"
        print(f"normal formula, {kind}: {MILLION / spent:,.0f} levels a second of CPU time")


def main() -> None:
    history = since_first_sale(online_retail()[0])
    print(f"{history.shape[0]:,} articles, {history.shape[1]} days")
    for window in (7, 14):
        coverage(history, window)
    service(history)
    ordered_otherwise(history)
    speed()


if __name__ == "__main__":
    main()
