"""`sluice channels`: what is connected, what it lacks, and parcels that it is told of."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sluice import config as configuration
from sluice.channels.protocol import ChannelError, Checking, Dispatch, Refused, Shipping
from sluice.channels.registry import connectors
from sluice.cli.environment import environment
from sluice.cli.shops import chosen

SKEW_SECONDS = 120


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
        table.add_row(f"{shop.connector}/{shop.shop}", shop.name, shop.kind or shop.type.kind, shop.currency, shop.takes or "no")
    console.print(table)
    console.print("Connectors:")
    for connector in connectors().values():
        needs = ", ".join(f"{name} ({what})" for name, what in connector.secrets.items()) or "nothing"
        console.print(f"  {connector.name:<10} {connector.kind}; secrets: {needs}", highlight=False)


def check(path: Path | None, shop: str | None, as_json: bool) -> int:
    """Ask each channel what is missing, then for a page of each of its streams. 1 if one has a fault."""
    found: dict[str, list[str]] = {}
    shops = chosen(configuration.load(path), shop)
    with environment(path):
        for entry in shops:
            found[f"{entry.connector}/{entry.shop}"] = faults(entry)
    if as_json:
        print(json.dumps(found))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for name, said in found.items():
            console.print(f"{name:<24} {'[green]answers[/]' if not said else f'[red]{escape(said[0])}[/]'}")
            for more in said[1:]:
                console.print(f"{'':<24} [red]{escape(more)}[/]")
    return 1 if any(found.values()) else 0


def faults(entry: configuration.Shop) -> list[str]:
    """What keeps this shop's connection from working in full, in the channel's words; empty where all is well."""
    try:
        connection = entry.connect()
        said = _skew(connection.url)
        # a page of a day's changes: to ask for the first page of a whole history can start its export
        connection = replace(connection, since=max(connection.since, connection.now() - timedelta(days=1)))
        channel = entry.type.open(connection)
        said += list(channel.check()) if isinstance(channel, Checking) else []
    except (ChannelError, configuration.ConfigError) as fault:
        return [str(fault)]
    for stream in entry.type.streams:
        try:
            next(iter(channel.pages(stream, None)), None)
        except ChannelError as fault:
            said.append(f"{stream.name}: {fault}")
            # refused credentials are refused for all
            if isinstance(fault, Refused):
                break
    return said


def _skew(url: str) -> list[str]:
    """Whether this machine's clock and the channel's differ so much that signatures and windows suffer."""
    if not url.startswith("http"):
        return []
    try:
        told = requests.head(url, timeout=10).headers.get("Date")
    except requests.RequestException:
        return []
    if told is None:
        return []
    ahead = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    if abs(ahead) < SKEW_SECONDS:
        return []
    where = "ahead of" if ahead > 0 else "behind"
    return [
        f"this machine's clock is {abs(ahead) / 60:.0f} minutes {where} the channel's: set it, or signed calls will be refused"
    ]


def ship(path: Path | None, shop: str, dispatch: Dispatch, as_json: bool) -> int:
    """Tell a channel of a parcel. 1 if it did not take it."""
    (entry,) = chosen(configuration.load(path), shop)
    with environment(path):
        channel = entry.type.open(entry.connect())
        if not isinstance(channel, Shipping):
            raise configuration.ConfigError(f"{entry.connector} can't be told of parcels")
        answers = list(channel.ship([dispatch]))
    if as_json:
        print(json.dumps([asdict(answer) for answer in answers]))
    else:
        for answer in answers:
            said = "[green]taken[/]" if answer.accepted else "[red]refused[/]"
            Console(highlight=False, soft_wrap=True).print(f"{dispatch.order_id}: {said} {escape(answer.message)}")
    return 0 if answers and all(answer.accepted for answer in answers) else 1
