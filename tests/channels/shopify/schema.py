"""Shopify's own schemas, as it publishes them."""

import gzip
import json
from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

HERE = Path(__file__).parents[2] / "fixtures" / "shopify"


@cache
def schema(version: str = "2026-07") -> GraphQLSchema:
    found = json.loads(gzip.decompress((HERE / f"admin_{version}.json.gz").read_bytes()))
    # Shopify's schema breaks a rule on deprecation that the library would check.
    return build_client_schema(found["data"], assume_valid=True)
