"""The sandbox's WooCommerce."""

from sluice.sandbox.woocommerce.server import SECRETS, app
from sluice.sandbox.woocommerce.store import SHOP

__all__ = ["SECRETS", "SHOP", "app"]
