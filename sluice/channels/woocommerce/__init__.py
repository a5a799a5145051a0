"""WooCommerce, through its REST API v3 and its webhooks."""

from sluice.channels.woocommerce.connector import CONNECTOR

__all__ = ["CONNECTOR"]
