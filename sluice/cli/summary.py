"""What a run came to, for a person and for a script."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from sluice import warehouse
from sluice.cli.environment import Environment
from sluice.cli.identity import held_against_truth, told


@dataclass(frozen=True)
class ShopLine:
    """One shop: records of its orders' streams landed, orders in the unified view, and its money beside the channel's own."""

    channel: str
    shop: str
    name: str
    delivered: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    orders: int
    money: dict[str, str]
    channel_orders: int | None
    channel_money: dict[str, str] | None
    agrees: bool | None


@dataclass(frozen=True)
class Summary:
    success: bool
    seconds: float
    stages: dict[str, float]
    shops: list[ShopLine]
    checks: dict[str, int]
    failed_checks: list[dict[str, Any]]
    failures: dict[str, str]
    quotas: list[dict[str, Any]]
    oversold: int
    run_id: str | None
    identity: dict[str, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def collect(ready: Environment, outcome: dict[str, Any], stages: dict[str, float], seconds: float) -> Summary:
    """Put the run's own account beside what the warehouse now holds."""
    checks = outcome.get("checks", [])
    failed = [check for check in checks if not check["passed"]]
    with warehouse.connect(ready.database) as db:
        shops = [_shop_line(db, shop.connector, shop.shop, shop.name, outcome) for shop in ready.config.channels]
        quotas = _quotas(db, outcome)
        identity = held_against_truth(db, ready)
    plan = outcome.get("assets", {}).get("planning/stock_plan", {})
    return Summary(
        success=bool(outcome.get("success")),
        seconds=round(seconds, 1),
        stages={name: round(spent, 1) for name, spent in stages.items()},
        shops=shops,
        checks={
            "passed": len(checks) - len(failed),
            "warned": sum(check["severity"] == "WARN" for check in failed),
            "failed": sum(check["severity"] == "ERROR" for check in failed),
        },
        failed_checks=failed,
        failures=outcome.get("failures", {}),
        quotas=quotas,
        oversold=plan.get("pieces_oversold", 0),
        run_id=outcome.get("run_id"),
        identity=identity,
    )


def _shop_line(db: Connection, channel: str, shop: str, name: str, outcome: dict[str, Any]) -> ShopLine:
    landed = _landed(channel, shop, outcome)
    money = {
        currency: (orders, total)
        for currency, orders, total in db.execute(
            "select currency, count(*), sum(total_amount) "
            "from unified.orders where channel = %s and shop = %s group by 1 order by 1",
            (channel, shop),
        )
    }
    quarantined = db.execute(
        "select count(*) from raw.quarantine where channel = %s and shop = %s and resolved_at is null", (channel, shop)
    ).fetchone()
    held = None
    # Only what this run held against the channel: what an earlier one found says nothing of now.
    if any(check["check"] == f"agrees_with_{channel}_{shop}" for check in outcome.get("checks", [])):
        held = db.execute(
            "select agrees, result from ops.reconciliations where channel = %s and shop = %s order by at desc limit 1",
            (channel, shop),
        ).fetchone()
    compared = held[1] if held else None
    own = {currency: total for currency, (_, total) in money.items()}
    return ShopLine(
        channel=channel,
        shop=shop,
        name=name or shop,
        **landed,
        quarantined=quarantined[0] if quarantined else 0,
        orders=sum(orders for orders, _ in money.values()),
        # What the channel still tells of: the two figures stand side by side, so they must be about the same orders.
        money=_amounts(compared["held_totals"] if compared else own),
        channel_orders=compared["claimed_orders"] if compared else None,
        channel_money=_amounts(compared["claimed_totals"]) if compared else None,
        agrees=held[0] if held else None,
    )


def _amounts(totals: Mapping[str, Decimal | str]) -> dict[str, str]:
    return {currency: f"{Decimal(total):,.2f}" for currency, total in totals.items()}


def _landed(channel: str, shop: str, outcome: dict[str, Any]) -> dict[str, int]:
    counts = {"delivered": 0, "new": 0, "changed": 0, "unchanged": 0}
    for asset, metadata in outcome.get("assets", {}).items():
        if asset.startswith(f"raw/{channel}_") and "__" not in asset:
            for name in counts:
                counts[name] += metadata.get("shops", {}).get(shop, {}).get(name, 0)
    return counts


def _quotas(db: Connection, outcome: dict[str, Any]) -> list[dict[str, Any]]:
    published = {
        asset.removeprefix("published/"): data
        for asset, data in outcome.get("assets", {}).items()
        if asset.startswith("published/")
    }
    run_ids = [data["plan_run_id"] for data in published.values() if data.get("plan_run_id")]
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select
                channel, shop, count(*) as listings, sum(quantity) as pieces, count(*) filter (where state = 'sent') as sent,
                count(*) filter (where read_back = quantity) as confirmed
            from ops.outbox where run_id = any(%s) and state <> 'superseded' group by 1, 2 order by 1, 2
            """,
            (run_ids,),
        ).fetchall()


def show(summary: Summary, console: Console) -> None:
    """Print it."""
    console.print(_orders(summary))
    if summary.quotas:
        console.print(_published(summary))
    console.print(_stages(summary))
    checks = summary.checks
    console.print(f"Checks: {checks['passed']} passed, {checks['warned']} warned, {checks['failed']} failed.")
    for check in summary.failed_checks:
        colour = "red" if check["severity"] == "ERROR" else "yellow"
        console.print(
            f"  [{colour}]{check['severity']}[/] {check['asset']}: {check['check']}  {check['detail'] or ''}", highlight=False
        )
    for step, reason in summary.failures.items():
        console.print(f"[red]failed[/] {step}: {reason}", highlight=False)
    new = sum(shop.new for shop in summary.shops)
    changed = sum(shop.changed for shop in summary.shops)
    same = sum(shop.unchanged for shop in summary.shops)
    console.print(f"Landed: {new:,} new records, {changed:,} changed; {same:,} read again and unchanged.")
    if summary.identity:
        console.print(told(summary.identity))
    if summary.oversold:
        console.print(
            f"[yellow]Oversold: {summary.oversold:,} pieces are promised beyond what is on hand; see planning.stock_plan.[/]"
        )
    verdict = "[green]Everything agrees.[/]" if summary.success else "[red]Not everything agrees.[/]"
    console.print(f"{verdict} {summary.seconds:.0f} s in all.")
    console.print(
        "Next: `make up` for the Dagster UI and the data service; `sluice quotas`, `sluice status`; checks as a page in "
        f"{warehouse.home() / 'data_docs' / 'index.html'}",
        soft_wrap=True,
        highlight=False,
    )


def _orders(summary: Summary) -> Table:
    table = Table(title="Orders, and money in the warehouse beside the channel's own", title_justify="left")
    for heading in ("shop", "landed", "new", "orders", "quarantined", "warehouse", "channel", "agrees"):
        table.add_column(heading, justify="left" if heading in ("shop", "agrees") else "right", no_wrap=True)
    for shop in summary.shops:
        agrees = {True: "[green]yes[/]", False: "[red]NO[/]", None: "-"}[shop.agrees]
        table.add_row(
            f"{shop.channel}/{shop.shop}",
            f"{shop.delivered:,}",
            f"{shop.new:,}",
            f"{shop.orders:,}",
            f"{shop.quarantined:,}",
            _money(shop.money),
            _money(shop.channel_money or {}),
            agrees,
        )
    return table


def _money(totals: Mapping[str, str]) -> str:
    return "\n".join(f"{total} {currency}" for currency, total in totals.items()) or "-"


def _published(summary: Summary) -> Table:
    table = Table(title="Quotas published", title_justify="left")
    for heading in ("shop", "numbers", "pieces", "accepted", "read back the same"):
        table.add_column(heading, justify="left" if heading == "shop" else "right")
    for row in summary.quotas:
        table.add_row(
            f"{row['channel']}/{row['shop']}", *(f"{row[name]:,}" for name in ("listings", "pieces", "sent", "confirmed"))
        )
    return table


def _stages(summary: Summary) -> Table:
    table = Table(title="Seconds a stage", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, seconds in summary.stages.items():
        table.add_row(name, f"{seconds:.1f}")
    return table
