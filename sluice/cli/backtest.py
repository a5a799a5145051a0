"""`sluice plan backtest`: the service that a method would have kept, on the warehouse's demand or on that of a file."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console

from sluice import config as configuration
from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.plan import has_marts
from sluice.cli.tables import print_json, table, wide
from sluice.config import ConfigError
from sluice.operations.as_of import first_day_unknown
from sluice.operations.levels import demand_history
from sluice.planning.inventory import demand_file
from sluice.planning.inventory.backtest import CHOSEN, Setting, backtest
from sluice.planning.inventory.history import daily, demand_classes
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.inventory.policies import NEWSVENDOR
from sluice.planning.item_levels import with_all_terms
from sluice.planning.item_policies import costs, with_policies
from sluice.planning.service_targets import abc, targets
from sluice.planning_policy import Planning

CHOSEN_ONES = pl.col("method") == CHOSEN
LONGEST = 1100
"""Days of history that are read."""


def run(
    path: Path | None,
    target: float | None,
    kind: str,
    days: int | None,
    data: Path | None,
    lead_time: float | None,
    lead_time_sd: float | None,
    tolerance: float,
    policy_name: str | None,
    as_json: bool,
) -> int:
    """Play, and say what came of it. 1 where the chosen method misses a target."""
    if target is not None and not 0.5 < target < 1:
        raise ConfigError(f"--target is {target:g}; it is a share between 0.5 and 1, as 0.95")
    if data is not None:
        policy = configuration.load(path).planning if (path or configuration.config_path()).is_file() else Planning()
        items, history = _of_file(data)
        leads = np.full(len(items), policy.lead_time_days), np.full(len(items), policy.lead_time_sd_days)
    else:
        with environment(path) as ready, warehouse.connect(ready.database) as db:
            has_marts(db)
            policy = ready.config.planning
            items, history = demand_history(db, policy, first_day_unknown(db, policy), LONGEST)
            leads = items["lead_time_mean_days"].to_numpy(), items["lead_time_sd_days"].to_numpy()
    means = leads[0] if lead_time is None else np.full(len(items), lead_time)
    sds = leads[1] if lead_time_sd is None and lead_time is None else np.full(len(items), lead_time_sd or 0.0)
    whole = Supply(means, sds, max(1, policy.review_period_days))
    played = _settings(items, history, whole, policy, Asked(target, kind, days, policy_name))
    bucket = float(np.mean(whole.protected))
    start = played[0].start
    classes = demand_classes(history[:, :start], bucket)
    made = pl.concat([backtest(one, classes).select(pl.lit(one.policy).alias("policy"), pl.all()) for one in played])
    verdicts = [judged(row, tolerance, made) for row in made.filter(CHOSEN_ONES, pl.col("demand_class") == "all").to_dicts()]
    reached = bool(verdicts) and all(one.reached for one in verdicts)
    if as_json:
        print_json({"reached": reached, "tolerance": tolerance, "days": history.shape[1] - start, "rows": made.to_dicts()})
    else:
        _show(made, verdicts, tolerance, len(history), history.shape[1] - start, whole.review)
    return 0 if reached else 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for, None where it leaves that open: `target` of a `kind`, the newest `days`, one `policy`."""

    target: float | None
    kind: str
    days: int | None
    policy: str | None


def _settings(items: pl.DataFrame, history: np.ndarray, supply: Supply, policy: Planning, asked: Asked) -> list[Setting]:
    """One for each policy that an item has; those bought for a season are left out: it has no cycles."""
    start = _start(history.shape[1], supply, asked.days)
    worth = _worth(items, np.nansum(history[:, :start], axis=1))
    held = targets(items["sku"], worth, policy)
    if asked.target is not None:
        held = Target(np.full(len(items), asked.target), np.full(len(items), asked.kind == "fill_rate"))
    whole = with_all_terms(with_policies(items.with_columns(abc=pl.Series(worth)), policy.replenishment.policies))
    if asked.policy is not None:
        whole = whole.with_columns(policy=pl.lit(asked.policy))
    weighed = costs(whole, policy.replenishment.holding_rate)
    names = [name for name in whole["policy"].unique().sort().to_list() if name != NEWSVENDOR]
    if not names:
        raise ConfigError("every item is bought once for a season (newsvendor); --policy plays them by another")
    return [
        Setting(history, supply, held, start, policy.lost_sales, name, weighed, (whole["policy"] == name).to_numpy())
        for name in names
    ]


def _worth(items: pl.DataFrame, pieces: np.ndarray) -> np.ndarray:
    """The ABC class of each item as the plan has it, by what its pieces brought in before the first day played."""
    brought = items["brought"].fill_null(0).to_numpy() if "brought" in items.columns else np.zeros(len(items))
    return abc(pieces * brought, pieces)


def _start(length: int, supply: Supply, days: int | None) -> int:
    protected = int(np.ceil(float(supply.protected.max(initial=1)))) + supply.review
    if length < 3 * protected:
        raise ConfigError(
            f"there are {length} days of demand; lead time and review take {protected}, and a backtest needs three times as many"
        )
    start = length - days if days else length // 2
    if not protected <= start < length - protected:
        raise ConfigError(f"--days must lie between {protected + 1} and {length - protected}: that is what the history gives")
    return start


def _of_file(file: Path) -> tuple[pl.DataFrame, np.ndarray]:
    try:
        demand = demand_file.read(file)
    except demand_file.DemandFileFault as fault:
        raise ConfigError(str(fault)) from fault
    first, last = demand["demand_date"].min(), demand["demand_date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    found = daily(demand, last + timedelta(days=1), min(LONGEST, (last - first).days + 1))
    if found[0].is_empty():
        raise ConfigError(f"{file} has no quantity above 0")
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a policy's items with one kind of target: whether what replenishment does `reached` it, and what to know of it."""

    reached: bool
    words: str


def judged(row: dict[str, Any], tolerance: float, made: pl.DataFrame) -> Verdict:
    """Accepted only where the service reaches its target; what kept it, and with how much stock, is said where it does not."""
    mine = made.filter(pl.col("policy") == row["policy"], pl.col("target_kind") == row["target_kind"])
    enough = pl.col("achieved") >= pl.col("target") - tolerance
    reached = row["achieved"] is not None and row["achieved"] >= row["target"] - tolerance
    kind = row["target_kind"].replace("_", " ")
    words = f"{row['policy']}, {kind}: {_percent(row['achieved'])} of {_percent(row['target'])}"
    if row["achieved"] is None:
        return Verdict(False, f"{words}. Nothing was asked for: nothing can be accepted.")
    if not reached:
        others = mine.filter(enough, pl.col("demand_class") == "all").sort("stock")
        kept = [f"{one['method']} with {one['stock']:,.0f} pieces" for one in others.iter_rows(named=True)]
        told = f"It was kept by {', '.join(kept)}" if kept else "No method here kept it"
        return Verdict(
            False, f"{words}: not accepted. {told}; another policy, or a higher level in planning.service, may keep it."
        )
    short = mine.filter(CHOSEN_ONES, ~enough, pl.col("demand_class") != "all").iter_rows(named=True)
    missed = [f"{one['demand_class']} {_percent(one['achieved'])}" for one in short]
    return Verdict(True, f"{words}: accepted." + (f" By class it is missed: {', '.join(missed)}." if missed else ""))


def _show(made: pl.DataFrame, verdicts: list[Verdict], tolerance: float, items: int, days: int, review: int) -> None:
    rows = [
        [
            one["policy"], one["method"], one["demand_class"], one["items"], one["target_kind"].replace("_", " "),
            *map(_percent, _shares(one)), round(one["stock"]), one["lines"],
        ]
        for one in made.iter_rows(named=True)
    ]  # fmt: skip
    headings = (
        "policy", "method", "demand", "items", "held to", "target", "achieved", "fill rate", "cycles clear", "mean stock",
        "order lines",
    )  # fmt: skip
    wide().print(table(headings, rows, f"{items:,} items, {days} days played, periodic ones reviewed every {review}"))
    for one in verdicts:
        Console().print(f"[{'green' if one.reached else 'red'}]{one.words}[/]", highlight=False)
    Console().print(f"{tolerance:.1%} below the target are allowed.", highlight=False)


def _shares(one: dict[str, object]) -> tuple[object, ...]:
    return tuple(one[name] for name in ("target", "achieved", "fill_rate", "cycle_service_level"))


def _percent(share: object) -> str:
    return f"{share:.1%}" if isinstance(share, float) else "-"
