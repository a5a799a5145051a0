"""The connectors that exist: every file or folder in this one that defines CONNECTOR."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import sluice.channels
from sluice.channels.protocol import Connector


@cache
def connectors() -> dict[str, Connector]:
    """Connectors by name, in order of name."""
    modules = (import_module(f"sluice.channels.{module.name}") for module in iter_modules(sluice.channels.__path__))
    found = [module.CONNECTOR for module in modules if hasattr(module, "CONNECTOR")]
    return {connector.name: connector for connector in sorted(found, key=lambda connector: connector.name)}
