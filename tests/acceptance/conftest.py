"""Servers that are not ours, one a run."""

from collections.abc import Iterator

import pytest

from tests.acceptance.vendure.shop import Vendure, vendure


@pytest.fixture(scope="session")
def real_vendure() -> Iterator[Vendure]:
    with vendure() as running:
        yield running
