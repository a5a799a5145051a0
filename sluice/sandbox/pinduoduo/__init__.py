"""The sandbox's Pinduoduo."""

from sluice.sandbox.pinduoduo.server import SECRETS, SHOP, SINCE, app, told

__all__ = ["SECRETS", "SHOP", "SINCE", "app", "told"]
