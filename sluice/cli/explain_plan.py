"""`sluice plan explain` and `sluice plan forecast`."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.ledger import ledger
from sluice.cli.plan import has_marts
from sluice.cli.tables import print_json, table, wide
from sluice.config import ConfigError
from sluice.operations.as_of import first_day_unknown
from sluice.operations.explain_plan import explain_plan
from sluice.operations.forecast import make
from sluice.operations.policy_words import ordering
from sluice.operations.safety_words import formula, terms
from sluice.planning.inventory.choose import CALIBRATED


def forecast(path: Path | None, as_json: bool) -> None:
    """Forecast, and say what came of it."""
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        has_marts(db)
        policy = ready.config.planning
        countries = {shop.country for shop in ready.config.channels if shop.country}
        made = make(db, policy, first_day_unknown(db, policy), countries)
    chosen = {row["demand_class"]: row["model"] for row in made.models.filter("is_chosen").iter_rows(named=True)}
    if as_json:
        names = ("forecast_id", "as_of", "items", "sold_out_days", "planned_days", "fallbacks")
        print_json({name: getattr(made, name) for name in names} | {"models": chosen})
        return
    told = ", ".join(f"{name} by {model}" for name, model in chosen.items())
    Console().print(
        f"Forecast {made.forecast_id}, as of {made.as_of}: {policy.forecast_weeks} weeks of {made.items:,} items ({told}), "
        f"{made.sold_out_days:,} sold-out days raised, {made.planned_days:,} days of promotions to come, {made.fallbacks:,} "
        "items by a fallback. `sluice plan` uses it."
    )


def explain(sku: str, facility: str | None, as_json: bool) -> None:
    """How the newest plan's numbers of a SKU came to be."""
    with ledger() as db:
        found = explain_plan(db, sku, facility)
    if not found:
        where = f" at {facility}" if facility else ""
        raise ConfigError(f"the newest plan has no {sku}{where}; `sluice quotas` shows what it has, `sluice plan` makes one")
    if as_json:
        print_json(found)
        return
    for row in found:
        wide().print(_tree(row))


def _tree(row: dict[str, Any]) -> Tree:
    root = Tree(f"[bold]{escape(row['sku'])}[/] at {escape(row['facility_id'])}, plan {row['run_id']} as of {row['as_of']}")
    demand = root.add(f"demand: {row['demand_mean']:.2f} ± {row['demand_sd']:.2f} pieces a day")
    if row["is_forecast"]:
        _forecast(demand, row)
    else:
        since = "the last weeks' weighted mean" if row["method"] == CALIBRATED else "mean and standard deviation of its days"
        demand.add(f"from what was asked for: {since}, no forecast has it")
    up_to = f", fill up to {row['up_to']:,}" if row["up_to"] is not None else ""
    safety = root.add(
        f"safety stock {row['safety_stock_wanted']:,} wanted ({escape(row['method'])}), order at {row['reorder_point']:,} pieces"
        + up_to
    )
    safety.add(escape(terms(row)))
    safety.add(escape(formula(row)))
    for words in ordering(row):
        safety.add(escape(words))
    if row["on_hand"] is None:
        root.add("its stock isn't known: nothing is split, nothing published")
        return root
    names = ("safety_stock", "presale_reserve", "committed", "held", "quota_total", "shared_pool")
    parts = " + ".join(f"{row[name]:,} {name.replace('_', ' ')}" for name in names if row[name])
    short = f", {row['oversold']:,} oversold" if row["oversold"] else ""
    stock = root.add(f"on hand {row['on_hand']:,} = {parts or 'nothing'}{short}")
    for one in row["channels"]:
        stock.add(
            f"{one['channel']}/{one['shop']}: expects {one['expected']:.1f} ± {one['spread']:.1f} in {row['horizon_days']} days, "
            f"quota {one['quota']:,}, published {one['published']:,} ({escape(one['rule'])})"
        )
    return root


def _forecast(demand: Tree, row: dict[str, Any]) -> None:
    adi = "never sold" if row["adi"] is None else f"a demand every {row['adi']:.2f} buckets"
    demand.add(
        f"forecast {row['forecast_id']} from {row['days']:,} days; sold out on {row['sold_out_days']:,} of them, "
        f"promoted on {row['promoted_days']:,}"
    )
    demand.add(f"{row['demand_class']}: {adi}, CV² {row['cv2']:.2f}; model {escape(row['model'])}")
    scores = [
        ["→" if one["is_chosen"] else "", one["model"], _number(one["rmsse"]), _number(one["bias"], "+.1%")]
        for one in row["models"]
    ]
    demand.add(table(("", "model", "RMSSE", "bias"), scores, f"three past origins, all {row['demand_class']} items"))
    for one in row["promotions"]:
        demand.add(escape(_promotion(one)))
    weeks = [
        [
            f"{one['week_start']}",
            *(f"{one[name]:.1f}" for name in ("mean", "baseline")),
            _times(one["mean"], one["baseline"]),
            f"{one['q10']:.0f} - {one['q90']:.0f}",
            f"{one['q95']:.0f}",
        ]
        for one in row["weeks"]
    ]
    demand.add(table(("week from", "mean", "baseline", "promotions", "80 %", "95 % at most"), weeks))


def _promotion(one: dict[str, Any]) -> str:
    place = (
        "" if one["channel"] == one["shop"] == "*" else f" on {one['channel']}/{one['shop']} ({one['share']:.0%} of the demand)"
    )
    past = f"{one['sold']:,.0f} pieces on {one['past_days']:,} days that usually sell {one['usual']:,.0f}"
    return (
        f"promotion {one['kind']}{place}: {past if one['past_days'] else 'none yet'}; sells {one['uplift']:.2f} times the usual "
        f"(all items: {one['uplift_of_all']:.2f}); planned on {one['planned_days']:,} of the days ahead"
    )


def _times(mean: float, baseline: float) -> str:
    return f"x {mean / baseline:.2f}" if baseline > 0 and mean > baseline else "-"


def _number(value: float | None, form: str = ".3f") -> str:
    return "-" if value is None else format(value, form)
