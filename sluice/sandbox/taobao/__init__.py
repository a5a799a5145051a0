"""The sandbox's Taobao."""

from sluice.sandbox.taobao.server import SECRETS, app

__all__ = ["SECRETS", "app"]
