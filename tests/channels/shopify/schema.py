"""Shopify's own schema, as it publishes it: version 2026-07 lies here, others are read where the sources are at hand."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_client_schema

HERE = Path(__file__).parents[2] / "fixtures" / "shopify"
BESIDE = Path(__file__).parents[4] / "shared" / "conformance" / "shopify"


@cache
def schema(version: str = "2026-07") -> GraphQLSchema:
    """Skips the test where this version is not at hand."""
    name = f"admin_{version}.json.gz"
    path = next((folder / name for folder in (HERE, BESIDE) if (folder / name).exists()), None)
    if path is None:
        pytest.skip(f"Shopify's schema {version} is not here; put {name} (npm @shopify/dev-mcp) into {HERE}")
    # Shopify's schema breaks a rule on deprecation that the library would check.
    return build_client_schema(json.loads(gzip.decompress(path.read_bytes()))["data"], assume_valid=True)
