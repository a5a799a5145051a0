"""`sluice keys`: who may ask the data service."""

import json
from collections.abc import Sequence

from rich.console import Console

from sluice import warehouse
from sluice.service import keys


def create(name: str, scopes: Sequence[str]) -> None:
    """Print a new key; only its hash is kept."""
    with warehouse.running() as address, warehouse.connect(address) as db:
        print(keys.create(db, name, scopes))


def listing(as_json: bool) -> None:
    with warehouse.running() as address, warehouse.connect(address) as db:
        found = keys.listing(db)
    if as_json:
        print(json.dumps(found, default=str))
        return
    for key in found:
        state = f"revoked {key['revoked_at']:%Y-%m-%d}" if key["revoked_at"] else "open"
        Console().print(f"{key['name']:<24} {state:<20} {' '.join(key['scopes'])}", highlight=False)


def revoke(name: str) -> None:
    """Say so when there is no such open key."""
    with warehouse.running() as address, warehouse.connect(address) as db:
        print("Revoked." if keys.revoke(db, name) else f"There is no open key called {name}.")
