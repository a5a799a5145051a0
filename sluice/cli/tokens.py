"""`sluice channels tokens`."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from sluice import tokens as kept
from sluice.cli.ledger import ledger, shop_of
from sluice.config import ConfigError


def tokens(reseal: bool, forget: str | None, as_json: bool) -> int:
    """1 where a token is kept that no key opens. The tokens themselves are never shown."""
    with ledger() as db:
        if forget and not kept.forget(db, *shop_of(forget)):
            raise ConfigError(f"no token of {forget} is kept")
        resealed = kept.reseal(db) if reseal else 0
        held = kept.held(db)
    if as_json:
        print(json.dumps([asdict(one) for one in held], default=str))
    else:
        console = Console(highlight=False)
        if reseal:
            console.print(f"sealed anew: {resealed}")
        console.print(_table(held))
    return 1 if any(one.key is None for one in held) else 0


def _table(held: list[kept.Held]) -> Table:
    table = Table()
    for heading in ("shop", "renewed", "opened by"):
        table.add_column(heading)
    for one in held:
        by = "[red]no key[/]" if one.key is None else "the key in force" if one.key == 0 else "an older key: --reseal"
        table.add_row(f"{one.channel}/{one.shop}", f"{one.renewed_at:%Y-%m-%d %H:%M} UTC", by)
    return table
