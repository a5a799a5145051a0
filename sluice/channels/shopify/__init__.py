"""Shopify, through its Admin GraphQL API and its webhooks."""

from sluice.channels.shopify.connector import CONNECTOR

__all__ = ["CONNECTOR"]
