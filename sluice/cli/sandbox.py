"""`sluice sandbox`: the channels of our own, alone."""

from importlib import import_module
from pathlib import Path

from rich.console import Console

from sluice import config as configuration
from sluice.config import Sandbox
from sluice.sandbox import host
from sluice.sandbox.seasons import AS_OF


def serve(path: Path | None, port: int, orders: int | None, seed: int | None) -> None:
    """Until Ctrl-C."""
    chosen = Sandbox()
    if (path or configuration.config_path()).exists():
        chosen = configuration.load(path).sandbox or chosen
    Console().print(
        f"The world has {orders or chosen.orders:,} orders. http://127.0.0.1:{port}  (Ctrl-C stops it)", highlight=False
    )
    host.serve(seed if seed is not None else chosen.seed, orders or chosen.orders, port, AS_OF)


def credentials(connector: str) -> dict[str, str]:
    """The sandbox's well-known secrets for one connector, by the connector's own names."""
    secrets: dict[str, str] = import_module(f"sluice.sandbox.{connector}").SECRETS
    return secrets
