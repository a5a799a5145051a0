"""`sluice plan backtest`: the service that a method would have kept, on the warehouse's demand or on that of a file."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console

from sluice import config as configuration
from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.plan import has_marts
from sluice.cli.tables import print_json, table, wide
from sluice.config import ConfigError, Planning
from sluice.operations.as_of import first_day_unknown
from sluice.operations.levels import demand_history
from sluice.planning.inventory import demand_file
from sluice.planning.inventory.backtest import CHOSEN, Setting, backtest
from sluice.planning.inventory.history import daily, demand_classes
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.service_targets import abc, targets

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
    as_json: bool,
) -> int:
    """Play, and say what came of it. 1 where the chosen method misses its target."""
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
    played = _setting(items, history, Supply(means, sds, max(1, policy.review_period_days)), policy, target, kind, days)
    bucket = float(np.mean(played.supply.protected))
    made = backtest(played, demand_classes(played.history[:, : played.start], bucket))
    row = made.filter(pl.col("method") == CHOSEN, pl.col("demand_class") == "all").row(0, named=True)
    reached = row["achieved"] is not None and row["achieved"] >= row["target"] - tolerance
    if as_json:
        print_json({"reached": reached, "tolerance": tolerance, "days": history.shape[1] - played.start, "rows": made.to_dicts()})
        return 0 if reached else 1
    _show(made, row, reached, tolerance, played)
    return 0 if reached else 1


def _setting(
    items: pl.DataFrame, history: np.ndarray, supply: Supply, policy: Planning, target: float | None, kind: str, days: int | None
) -> Setting:
    length = history.shape[1]
    protected = int(np.ceil(float(supply.protected.max(initial=1)))) + supply.review
    if length < 3 * protected:
        raise ConfigError(
            f"there are {length} days of demand; lead time and review take {protected}, and a backtest needs three times as many"
        )
    start = length - days if days else length // 2
    if not protected <= start < length - protected:
        raise ConfigError(f"--days must lie between {protected + 1} and {length - protected}: that is what the history gives")
    worth = np.nansum(history[:, :start], axis=1)
    held = targets(items["sku"], abc(worth), policy)
    if target is not None:
        held = Target(np.full(len(items), target), np.full(len(items), kind == "fill_rate"))
    return Setting(history, supply, held, start, policy.lost_sales)


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


def _show(made: pl.DataFrame, row: dict[str, object], reached: bool, tolerance: float, played: Setting) -> None:
    length = played.history.shape[1] - played.start
    rows = [
        [one["method"], one["demand_class"], one["items"], *map(_percent, _shares(one)), round(one["stock"]), one["lines"]]
        for one in made.iter_rows(named=True)
    ]
    headings = ("method", "demand", "items", "target", "achieved", "fill rate", "cycles clear", "mean stock", "order lines")
    wide().print(
        table(headings, rows, f"{len(played.history):,} items, {length} days played, reviewed every {played.supply.review}")
    )
    verdict = "[green]reaches" if reached else "[red]misses"
    Console().print(
        f"The method that replenishment uses {verdict}[/] its target: {_percent(row['achieved'])} of {_percent(row['target'])}, "
        f"{tolerance:.1%} allowed.",
        highlight=False,
    )


def _shares(one: dict[str, object]) -> tuple[object, ...]:
    return tuple(one[name] for name in ("target", "achieved", "fill_rate", "cycle_service_level"))


def _percent(share: object) -> str:
    return f"{share:.1%}" if isinstance(share, float) else "-"
