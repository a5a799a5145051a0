"""The sandbox's Taobao."""

from sluice.sandbox.taobao.server import app

__all__ = ["app"]
