"""`sluice reconcile`: every order and every cent, held against the channel's own account."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from sluice import config as configuration
from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.shops import chosen
from sluice.landing.reconcile import Reconciliation
from sluice.operations.reconciliation import reconcile_shop, window


def reconcile(path: Path | None, shop: str | None, everything: bool, as_json: bool) -> int:
    """1 if a shop differs."""
    found: list[Reconciliation] = []
    shops = chosen(configuration.load(path), shop)
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        for entry in shops:
            if not entry.sells:
                continue
            now = datetime.now(UTC)
            since, until = (entry.connect().since, now) if everything else window(db, ready.config, entry, now)
            found.append(reconcile_shop(db, entry, since, until))
    if as_json:
        print(json.dumps(msgspec.to_builtins(found, str_keys=True), default=str, indent=2))
    else:
        for one in found:
            colour = "green" if one.agrees else "red"
            Console().print(f"[{colour}]{one.sentence()}[/]", highlight=False, soft_wrap=True)
    return 0 if all(one.agrees for one in found) else 1
