"""`sluice sandbox`: the channels of our own, alone."""

import json
from importlib import import_module
from pathlib import Path

from rich.console import Console

from sluice import config as configuration
from sluice import warehouse
from sluice.config import Sandbox
from sluice.sandbox import host
from sluice.sandbox.seasons import AS_OF


def serve(path: Path | None, port: int, orders: int | None, seed: int | None) -> None:
    """Until Ctrl-C."""
    chosen = Sandbox()
    if (path or configuration.config_path()).exists():
        chosen = configuration.load(path).sandbox or chosen
    note = warehouse.home() / "sandbox.json"
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # so that `sluice land` and the others read from this one
    note.write_text(json.dumps({"url": f"http://127.0.0.1:{port}"}))
    Console().print(f"A world of {orders or chosen.orders:,} orders, until Ctrl-C, at", highlight=False)
    try:
        host.serve(seed if seed is not None else chosen.seed, orders or chosen.orders, port, AS_OF)
    finally:
        note.unlink(missing_ok=True)


def credentials(connector: str) -> dict[str, str]:
    """The sandbox's well-known secrets for one connector, by the connector's own names."""
    secrets: dict[str, str] = import_module(f"sluice.sandbox.{connector}").SECRETS
    return secrets
