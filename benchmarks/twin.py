"""The digital twin: what each part of the plan is worth on drawn demand and on real orders, and how fast it runs.

Run: python -m benchmarks.twin [--seeds 20] [--skus 200] [--days 180] [--warmup 120] [--first 100]
     python -m benchmarks.twin --real PARQUET     Online Retail II, as the examples' README names it, beside the drawn world

The world: negative binomial days (k = 2), weekday and yearly season, level drift, promotions (3 times, true lift lognormal .35),
unplanned spikes (2.5 times), festivals of two channels (4 times), gamma lead times of 10 +- 4 days, 10 % short shipments, lost
sales. Levels of stock were chosen on seeds 0 to 3; `--first` names the first of the seeds judged here, which are others.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from sluice.planning.policy import Terms
from sluice.planning.quotas import UNLIMITED
from sluice.planning.twin.compare import Outcome, compare, together
from sluice.planning.twin.drawn import Demand, Supply, draw, gamma_days
from sluice.planning.twin.history import pace
from sluice.planning.twin.scenario import LADDER, Ordering, Scenario
from sluice.planning.twin.simulate import Company, simulate
from sluice.planning.twin.world import Network, World
from sluice.planning_policy import Planning
from tests.planning.twin.loop import shelf

VALUES = (1.0, 0.8, 0.6, 0.4)
MONTHLY = LADDER[0].ordering
PLANNED = Ordering(rule="quantile", every_days=30, level=0.7)
AIMS = (
    ("allocation alone, the same ordering rule", "+ cross-facility", "-65 % and +10 %"),
    ("at unchanged order frequency", "planned, monthly", "-70 % and +25 %"),
    ("free, every 14 days", "planned, 14 days .95", "-90 % and +70 %"),
    ("free, every week", "planned, weekly .95", "-90 % and +70 %"),
)
BESIDE = (
    Scenario(name="planned, monthly", allocation="pool", ordering=PLANNED),
    Scenario(name="planned, monthly .8", allocation="pool", ordering=Ordering(rule="quantile", every_days=30, level=0.8)),
    Scenario(name="planned, 14 days .9", allocation="pool", ordering=Ordering(rule="quantile", every_days=14, level=0.9)),
    Scenario(name="planned, 14 days .95", allocation="pool", ordering=Ordering(rule="quantile", every_days=14, level=0.95)),
    Scenario(name="planned, weekly .95", allocation="pool", ordering=Ordering(rule="quantile", every_days=7, level=0.95)),
    Scenario(name="nested, weekly .95", allocation="nested", ordering=Ordering(rule="quantile", every_days=7, level=0.95)),
    Scenario(
        name="static silo, 60 days",
        allocation="silo",
        sourcing="own",
        ordering=Ordering(rule="cover", every_days=30, cover_days=60),
    ),
    Scenario(name="fixed percent daily", allocation="percent", sourcing="own", ordering=MONTHLY),
)


def company(channels: int) -> Company:
    km = np.array([[50, 800, 1200], [800, 50, 900], [1200, 900, 50.0]])
    terms = [Terms(f"channel_{number}", "main", 1, VALUES[number], 0, UNLIMITED, None) for number in range(channels)]
    return Company(Network(km, np.array([0.6, 0.3, 0.1]), 2.0), terms, Planning())


def demand(skus: int) -> Demand:
    """Some 3.6 pieces a day of a SKU at a facility, few of them most of it."""
    sells = np.random.default_rng(5).lognormal(0, 1, skus)
    channel, facility = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.45, 0.33, 0.22])
    mean = 10.8 * channel[:, None, None] * facility[None, :, None] * (sells / sells.mean())
    week = np.tile([0.9, 0.9, 0.95, 1.0, 1.05, 1.15, 1.05], (4, 1))
    return Demand(mean=mean, weekday=week, festive=np.array([False, True, False, True]))


def drawn(seed: int, skus: int, days: int, warmup: int) -> World:
    supply = Supply(np.full((3, skus), 10.0), np.full((3, skus), 4.0))
    return draw(demand(skus), supply, days, warmup, seed)


def real(file: Path, skus: int = 500, days: int = 180, seed: int = 0) -> World:
    """Online Retail II: the best sellers, buyers with an account, without one, and abroad as three channels (real); three
    facilities by the invoice's last digit (ours, since the file names none); lead times drawn. The weeks before the last `days`
    warm up."""
    lines = (
        pl.read_parquet(file)
        .filter(pl.col("Quantity") > 0, pl.col("Price") > 0, pl.col("StockCode").str.contains(r"^\d{5}"))
        .with_columns(
            day=pl.col("InvoiceDate").cast(pl.String).str.slice(0, 10).str.to_date(),
            channel=pl.when(pl.col("Country") != "United Kingdom")
            .then(2)
            .otherwise(pl.when(pl.col("Customer ID").is_null()).then(1).otherwise(0)),
            facility=pl.col("Invoice").cast(pl.String).str.slice(-1).cast(pl.Int64, strict=False).fill_null(0) % 3,
            sku=pl.col("StockCode").str.to_uppercase(),
        )
    )
    best = lines.group_by("sku").agg(pl.col("Quantity").sum()).sort("Quantity", "sku", descending=[True, False]).head(skus)
    lines = lines.join(best.select("sku").with_row_index("item"), on="sku")
    first = lines["day"].min()
    lines = lines.with_columns(at=(pl.col("day") - first).dt.total_days())
    total = int(lines["at"].max()) + 1  # type: ignore[arg-type]
    asked = np.zeros((total, 3, 3, skus), np.int64)
    np.add.at(
        asked, tuple(lines[name].to_numpy() for name in ("at", "channel", "facility", "item")), lines["Quantity"].to_numpy()
    )
    history = total - days - 60
    rate, spread = pace(asked[:history])
    made = np.random.default_rng([seed, 23])
    shape = (3, skus)
    return World(
        demand=asked[history:].astype(np.int32),
        lift=np.ones((days + 60, 3, skus), np.float32),
        lead=gamma_days(made, np.full(shape, 10.0), np.full(shape, 4.0), days + 60),
        comes=np.where(made.random((days + 60, *shape)) < 0.1, 0.75, 1.0).astype(np.float32),
        on_hand=np.ceil(45 * rate.sum(axis=0)).astype(np.int64),
        arrivals=np.zeros((days + 60, *shape), np.int32),
        rate=rate.astype(np.float32),
        spread=spread.astype(np.float32),
        lead_mean=np.full(shape, 10.0, np.float32),
        lead_sd=np.full(shape, 4.0, np.float32),
        world=np.zeros(skus, np.int64),
        unit=np.arange(skus),
        warmup=60,
    )


def tell(title: str, outcomes: Sequence[Outcome]) -> None:
    print(f"\n{title}; change against the first, 95 % interval in brackets")
    print(
        f"{'scenario':<24}{'stock-outs':>31}{'turnover':>34}{'fill':>7}{'order lines':>13}{'across':>8}{'split':>7}{'margin':>13}"
    )
    for one in outcomes:
        low, high = one.interval["stockout_rate"]
        less, more = one.interval["turnover"]
        print(
            f"{one.name:<24}{one.value['stockout_rate']:>8.4f} {one.change['stockout_rate']:>+7.1%} ({low:+.1%}, {high:+.1%})"
            f"{one.value['turnover']:>9.1f} {one.change['turnover']:>+7.1%} ({less:+.1%}, {more:+.1%})"
            f"{one.value['fill_rate']:>7.3f}{one.value['order_lines']:>8,.0f} {one.change['order_lines']:>+5.0%}"
            f"{one.value['across_share']:>7.1%}{one.value['split_share']:>7.1%}{one.change['margin']:>+13,.0f}"
        )


def break_even(outcomes: Sequence[Outcome], scenarios: Sequence[Scenario]) -> None:
    """At which cost of an order line more the scenario's advantage would be gone."""
    base = outcomes[0]
    for one, scenario in zip(outcomes, scenarios, strict=True):
        more = one.value["order_lines"] - base.value["order_lines"]
        gain = one.value["margin"] - base.value["margin"] + more * scenario.costs.order_line
        if more > 0.5 * base.value["order_lines"] and gain > 0:
            print(f"{one.name}: worth its order lines as long as one costs less than {gain / more:,.0f} (margin of a piece: 10)")


def speed(skus: int = 1000) -> None:
    """The core: everybody sees everything at the nearest facility; a SKU-day is a SKU at one facility on one day."""
    world, firm = drawn(0, skus, 180, 120), company(4)
    pool = Scenario(name="core", allocation="pool", sourcing="own", ordering=MONTHLY)
    simulate(world, [pool], firm)
    for scenario in (pool, LADDER[2], LADDER[4]):
        runs, began = 3, time.process_time()
        simulate(world, [scenario] * runs, firm)
        core = runs * world.demand[:, 0].size / (time.process_time() - began)
        if scenario is pool:
            began = time.process_time()
            for item in range(20):
                shelf(world, MONTHLY, 0, item)
            looped = 20 * world.shape[0] / (time.process_time() - began)
            print(f"core: {core:,.0f} SKU-days/s of CPU; plain loop {looped:,.0f}; ratio {core / looped:,.0f}x (aim 3,000,000)")
        else:
            print(f"{scenario.name}: {core:,.0f} SKU-days/s, of {world.shape[1]} channels each")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("seeds", 20), ("skus", 200), ("days", 180), ("warmup", 120), ("first", 100)):
        options.add_argument(f"--{name}", type=int, default=usual)
    options.add_argument("--real", type=Path, metavar="PARQUET")
    given = options.parse_args()
    speed()
    firm, scenarios = company(4), [*LADDER, *BESIDE]
    worlds = (drawn(given.first + number, given.skus, given.days, given.warmup) for number in range(given.seeds))
    counts, days = together(worlds, scenarios, firm)
    outcomes = compare(scenarios, counts, days)
    last = given.first + given.seeds - 1
    tell(f"drawn: {given.skus} SKUs x 4 channels x 3 facilities x {days} days, seeds {given.first} to {last}", outcomes)
    break_even(outcomes, scenarios)
    named = {one.name: one for one in outcomes}
    for what, name, aim in AIMS:
        change = named[name].change
        print(f"{what}: stock-outs {change['stockout_rate']:+.0%}, turnover {change['turnover']:+.0%} (aim {aim})")
    if given.real:
        worlds = (real(given.real, seed=seed) for seed in range(5))
        counts, days = together(worlds, scenarios, company(3), by_item=True)
        outcomes = compare(scenarios, counts, days)
        tell(
            f"real orders: 500 SKUs x 3 channels x 3 facilities x {days} days, lead times of 5 seeds, intervals over SKUs",
            outcomes,
        )
        break_even(outcomes, scenarios)


if __name__ == "__main__":
    main()
