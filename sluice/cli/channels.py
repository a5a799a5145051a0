"""`sluice channels`: what is connected, and whether it answers."""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sluice import config as configuration
from sluice.channels.protocol import ChannelError
from sluice.channels.registry import connectors
from sluice.cli.environment import environment
from sluice.cli.shops import chosen


def listing(path: Path | None, as_json: bool) -> None:
    """Shops of the configuration, then the connectors and what each needs."""
    shops = configuration.load(path).channels
    if as_json:
        print(json.dumps([{"channel": shop.connector, "shop": shop.shop, "kind": shop.kind or shop.type.kind} for shop in shops]))
        return
    console = Console()
    table = Table(title="Connected", title_justify="left")
    for heading in ("shop", "name", "kind", "currency", "takes quotas"):
        table.add_column(heading)
    for shop in shops:
        table.add_row(
            f"{shop.connector}/{shop.shop}", shop.name, shop.kind or shop.type.kind, shop.currency, shop.type.publishes or "no"
        )
    console.print(table)
    console.print("Connectors:")
    for connector in connectors().values():
        needs = ", ".join(f"{name} ({what})" for name, what in connector.secrets.items()) or "nothing"
        console.print(f"  {connector.name:<10} {connector.kind}; secrets: {needs}", highlight=False)


def check(path: Path | None, shop: str | None, as_json: bool) -> int:
    """Ask each channel for one page. 1 if one refuses or does not answer."""
    found = {}
    shops = chosen(configuration.load(path), shop)
    with environment(path):
        for entry in shops:
            found[f"{entry.connector}/{entry.shop}"] = _fault(entry)
    if as_json:
        print(json.dumps(found))
    else:
        for name, fault in found.items():
            Console().print(f"{name:<24} {'[green]answers[/]' if fault is None else f'[red]{fault}[/]'}", highlight=False)
    return 1 if any(found.values()) else 0


def _fault(entry: configuration.Shop) -> str | None:
    """None when the channel gives a page of its first stream; else what it said."""
    try:
        channel = entry.type.open(entry.connect())
        next(iter(channel.pages(entry.type.streams[0], None)), None)
    except (ChannelError, configuration.ConfigError) as fault:
        return str(fault)
    return None
