"""From demand to quotas on one core: forecast, levels, the split of every item's stock; many items in batches, as the assets do.

Run: python -m benchmarks.planning                   1,000 SKUs of two years (aim: 3 s of CPU time)
     python -m benchmarks.planning --items 100000    so many SKU-facilities (aim: 300 s on two cores, memory flat)

The demand is that of UCI Online Retail II's 1,000 best sellers, their year twice, sold by two shops; more items are these drawn
again. The warehouse is left out: rows come from memory and go nowhere.
"""

import argparse
import resource
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.forecast import online_retail
from sluice.planning.demand_matrix import Known, closed_days, matrix
from sluice.planning.expected import Expected
from sluice.planning.forecast import forecast, learned
from sluice.planning.forecasting.project import Learned
from sluice.planning.inventory.history import history_of
from sluice.planning.lead_time import supply
from sluice.planning.plan import Plan, expected_demand, plan
from sluice.planning.stock_levels import stock_levels
from sluice.planning_policy import Planning

DAYS, BATCH, AS_OF = 730, 4000, date(2026, 3, 31)
POLICY = Planning.model_validate({"quotas": [{"channel": "a", "shop": "x"}, {"channel": "b", "shop": "x", "priority": 2}]})
TEXT = dict.fromkeys(("channel", "shop", "po_id", "supplier_id", "supplier", "sku"), pl.String)
BOUGHT = pl.DataFrame(schema=TEXT | dict.fromkeys(("ordered_at", "received_at"), pl.Datetime("us", "UTC")))
NO_DAYS = pl.DataFrame(schema={"facility_id": pl.String, "sku": pl.String, "day": pl.Date})
NO_EVENTS = pl.DataFrame(schema={"name": pl.String, "day": pl.Date})
NO_PRODUCTS = pl.DataFrame(schema={"sku": pl.String, "category": pl.String, "price": pl.Float64})


def batches(items: int) -> Iterator[pl.DataFrame]:
    """Rows as marts.demand_daily has them, of BATCH items at a time."""
    pieces = online_retail()[0]
    two_years = np.hstack([pieces, pieces])[:, -DAYS:]
    draw = np.random.default_rng(1)
    for first in range(0, items, BATCH):
        count = min(BATCH, items - first)
        some = two_years if count == len(two_years) else two_years[draw.integers(0, len(two_years), count)]
        item, day = np.nonzero(some)
        names = pl.Series([f"S{first + number:06}" for number in range(count)])
        yield pl.DataFrame({"item": item, "ago": DAYS - day, "quantity": some[item, day].astype(np.int64)}).select(
            demand_date=pl.lit(AS_OF) - pl.duration(days="ago"),
            channel=pl.when(pl.col("ago") % 3 == 0).then(pl.lit("b")).otherwise(pl.lit("a")),
            shop=pl.lit("x"),
            facility_id=pl.lit("WH"),
            sku=names.gather(item),
            quantity="quantity",
            revenue=pl.col("quantity").cast(pl.Float64),
        )


def decided(demand: pl.DataFrame, known: Learned | None) -> tuple[Plan, Learned, tuple[float, float, float]]:
    """The plan of these items, and the CPU seconds of forecast, levels, and split."""
    began = time.process_time()
    lines = demand.group_by("facility_id", "demand_date").agg(lines=pl.len().cast(pl.Int64))
    shut = closed_days(lines, demand["demand_date"].min(), AS_OF)  # type: ignore[arg-type]
    found = matrix(demand, Known(NO_DAYS, NO_DAYS, shut, NO_EVENTS, NO_PRODUCTS), AS_OF, DAYS, 7 * POLICY.forecast_weeks)
    known = known or learned(found, POLICY, AS_OF)
    made = forecast(found, known, POLICY, AS_OF)
    forecasted = time.process_time()
    rates = expected_demand(demand, POLICY, AS_OF, Expected(made.items, made.channels))
    told = made.items.select("facility_id", "sku", forecast_mean="demand_mean", forecast_sd="demand_sd", abc=pl.lit("A"))
    levels = stock_levels(supply(told, BOUGHT, POLICY), history_of(told, demand, AS_OF, DAYS), POLICY)
    leveled = time.process_time()
    stock = levels.select("facility_id", "sku", on_hand="up_to", committed=pl.lit(3), presale_reserve=pl.lit(0))
    planned = plan(levels, rates.channels, stock, POLICY)
    return planned, known, (forecasted - began, leveled - forecasted, time.process_time() - leveled)


def resident() -> float:
    """MB of memory in use now, where the system tells (Linux)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), float("nan"))


def told(memory: list[float]) -> list[float]:
    """Of many, ten evenly."""
    return [memory[at] for at in np.unique(np.linspace(0, len(memory) - 1, 10).astype(int))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    items = parser.parse_args().items
    spent, memory, quotas, known, began = np.zeros(3), [], 0, None, time.monotonic()
    for demand in batches(items):
        planned, known, seconds = decided(demand, known)
        spent += seconds
        quotas += planned.quotas.height
        # one batch at a time, as the assets have it
        del planned, demand
        memory.append(resident())
    used = resource.getrusage(resource.RUSAGE_SELF)
    by_step = ", ".join(f"{name} {one:.2f}" for name, one in zip(("forecast", "levels", "quotas"), spent, strict=True))
    aim = f"aim: 3 s, {spent.sum() / 3:.2f} of it" if items == 1000 else f"aim: 300 s on two cores, {spent.sum() / 300:.2f} of it"
    print(
        f"{items:,} SKU-facilities of {DAYS} days: {spent.sum():.2f} s of CPU time ({by_step}; {aim}), {quotas:,} quotas; "
        f"{time.monotonic() - began:.0f} s by the clock with drawing the demand, {used.ru_stime:.0f} s of it in the kernel; "
        f"memory in use after the batches ({len(memory)}): {', '.join(f'{one:,.0f}' for one in told(memory))} MB; "
        f"{used.ru_maxrss / 1024:,.0f} MB at most"
    )


if __name__ == "__main__":
    main()
